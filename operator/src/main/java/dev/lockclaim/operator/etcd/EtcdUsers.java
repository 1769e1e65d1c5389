package dev.lockclaim.operator.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthRoleAddRequest;
import io.etcd.jetcd.api.AuthRoleGetRequest;
import io.etcd.jetcd.api.AuthRoleGrantPermissionRequest;
import io.etcd.jetcd.api.AuthRoleListRequest;
import io.etcd.jetcd.api.AuthUserAddRequest;
import io.etcd.jetcd.api.AuthUserChangePasswordRequest;
import io.etcd.jetcd.api.AuthUserGetRequest;
import io.etcd.jetcd.api.AuthUserGrantRoleRequest;
import io.etcd.jetcd.api.AuthUserListRequest;
import io.etcd.jetcd.api.Permission;

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
    ensureRole(name, namespace);
    if (!etcd.call(AuthGrpc.getUserListMethod(), AuthUserListRequest.getDefaultInstance())
        .getUsersList()
        .contains(name)) {
      etcd.call(
          AuthGrpc.getUserAddMethod(),
          AuthUserAddRequest.newBuilder().setName(name).setPassword(password).build());
    } else if (passwordIsNew) {
      etcd.call(
          AuthGrpc.getUserChangePasswordMethod(),
          AuthUserChangePasswordRequest.newBuilder().setName(name).setPassword(password).build());
    }
    if (!etcd.call(
            AuthGrpc.getUserGetMethod(), AuthUserGetRequest.newBuilder().setName(name).build())
        .getRolesList()
        .contains(name)) {
      etcd.call(
          AuthGrpc.getUserGrantRoleMethod(),
          AuthUserGrantRoleRequest.newBuilder().setUser(name).setRole(name).build());
    }
  }

  private void ensureRole(String name, String namespace) throws EtcdProblem {
    if (!etcd.call(AuthGrpc.getRoleListMethod(), AuthRoleListRequest.getDefaultInstance())
        .getRolesList()
        .contains(name)) {
      etcd.call(AuthGrpc.getRoleAddMethod(), AuthRoleAddRequest.newBuilder().setName(name).build());
    }
    // Up to the first key that does not begin with the folder's name and a slash: 0 comes after /.
    Permission all =
        Permission.newBuilder()
            .setPermType(Permission.Type.READWRITE)
            .setKey(ByteString.copyFromUtf8(prefix + "/" + namespace + "/"))
            .setRangeEnd(ByteString.copyFromUtf8(prefix + "/" + namespace + "0"))
            .build();
    if (!etcd.call(
            AuthGrpc.getRoleGetMethod(), AuthRoleGetRequest.newBuilder().setRole(name).build())
        .getPermList()
        .contains(all)) {
      etcd.call(
          AuthGrpc.getRoleGrantPermissionMethod(),
          AuthRoleGrantPermissionRequest.newBuilder().setName(name).setPerm(all).build());
    }
  }
}
