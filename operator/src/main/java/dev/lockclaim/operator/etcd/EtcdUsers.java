package dev.lockclaim.operator.etcd;

import static dev.lockclaim.operator.etcd.EtcdConnection.await;
import static dev.lockclaim.operator.etcd.EtcdConnection.bytes;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.options.OptionsUtil;
import java.util.List;

/**
 * A user of its own for the pods of each namespace, which can read and write the keys of that
 * namespace's locks and nothing else.
 *
 * <p>All candidates of one lock share it: etcd lets a holder write under its successor's lease only
 * if it may write all keys of that lease.
 */
final class EtcdUsers {
  private final Auth auth;
  private final String prefix;

  EtcdUsers(Auth auth, String prefix) {
    this.auth = auth;
    this.prefix = prefix;
  }

  /** Name of the namespace's user and of its role. */
  static String name(String prefix, String namespace) {
    return "lockclaim:" + prefix + "/" + namespace;
  }

  /** Makes user and role what they have to be; can be repeated. */
  void ensure(String namespace, String password) throws EtcdProblem {
    String name = name(prefix, namespace);
    ByteSequence user = bytes(name);
    List<String> roles = await(auth.roleList()).getRoles();
    if (!roles.contains(name)) {
      await(auth.roleAdd(user));
    }
    ByteSequence from = bytes(prefix + "/" + namespace + "/");
    await(
        auth.roleGrantPermission(
            user, from, OptionsUtil.prefixEndOf(from), Permission.Type.READWRITE));
    if (await(auth.userList()).getUsers().contains(name)) {
      await(auth.userChangePassword(user, bytes(password)));
    } else {
      await(auth.userAdd(user, bytes(password)));
    }
    await(auth.userGrantRole(user, user));
  }
}
