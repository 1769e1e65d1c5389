package dev.lockclaim.operator.etcd;

import static dev.lockclaim.operator.etcd.EtcdConnection.bytes;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.options.OptionsUtil;
import java.util.concurrent.CompletableFuture;

/**
 * A user of its own for the pods of each namespace, which can read and write the keys of that
 * namespace's locks and nothing else.
 *
 * <p>All candidates of one lock share it: etcd lets a holder write under its successor's lease only
 * if it may write all keys of that lease.
 */
final class EtcdUsers {
  private final EtcdConnection etcd;
  private final String prefix;

  private interface Call<T> {
    CompletableFuture<T> on(Auth auth);
  }

  EtcdUsers(EtcdConnection etcd, String prefix) {
    this.etcd = etcd;
    this.prefix = prefix;
  }

  /** Name of the namespace's user and of its role. */
  static String name(String prefix, String namespace) {
    return "lockclaim:" + prefix + "/" + namespace;
  }

  /**
   * Makes user and role what they have to be. Writes only what differs: each write to etcd's users
   * makes requests that are under way fail once, everywhere.
   *
   * @param passwordIsNew whether a user that is there has to be given this password
   */
  void ensure(String namespace, String password, boolean passwordIsNew) throws EtcdProblem {
    String name = name(prefix, namespace);
    ByteSequence user = bytes(name);
    ByteSequence from = bytes(prefix + "/" + namespace + "/");
    ByteSequence to = OptionsUtil.prefixEndOf(from);
    if (!call(auth -> auth.roleList()).getRoles().contains(name)) {
      call(auth -> auth.roleAdd(user));
    }
    boolean granted =
        call(auth -> auth.roleGet(user)).getPermissions().stream()
            .anyMatch(
                permission ->
                    permission.getKey().equals(from)
                        && permission.getRangeEnd().equals(to)
                        && permission.getPermType() == Permission.Type.READWRITE);
    if (!granted) {
      call(auth -> auth.roleGrantPermission(user, from, to, Permission.Type.READWRITE));
    }
    if (!call(auth -> auth.userList()).getUsers().contains(name)) {
      call(auth -> auth.userAdd(user, bytes(password)));
    } else if (passwordIsNew) {
      call(auth -> auth.userChangePassword(user, bytes(password)));
    }
    if (!call(auth -> auth.userGet(user)).getRoles().contains(name)) {
      call(auth -> auth.userGrantRole(user, user));
    }
  }

  private <T> T call(Call<T> call) throws EtcdProblem {
    return etcd.call(client -> call.on(client.getAuthClient()));
  }
}
