package dev.lockclaim.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Certificates and passwords of a lab, in files that can be exchanged while they are in use. */
final class Secrets {
  static final String USER = "candidate";
  static final String PASSWORD = "candidate-password";
  static final String ROOT_PASSWORD = "root-password";

  private final Path folder;
  private final List<String> addresses;
  private int authorities;

  private Secrets(Path folder, List<String> addresses) {
    this.folder = folder;
    this.addresses = List.copyOf(addresses);
  }

  static Secrets make(Path folder, List<String> addresses)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Secrets secrets = new Secrets(folder, addresses);
    Files.writeString(secrets.password(), PASSWORD);
    Shell.run("openssl", "genrsa", "-out", secrets.file("jwt.key").toString(), "2048");
    Shell.run(
        "openssl",
        "rsa",
        "-in",
        secrets.file("jwt.key").toString(),
        "-pubout",
        "-out",
        secrets.file("jwt.pub").toString());
    secrets.authority("client-ca");
    secrets.issue("client-ca", "client", "subjectAltName=DNS:candidate");
    String first = secrets.nextAuthority();
    secrets.issue(first, "server", secrets.names());
    secrets.trust(List.of(first));
    return secrets;
  }

  /** Another authority signs anew; for a moment both are trusted. */
  void rotate() throws IOException, InterruptedException {
    String old = "ca-" + authorities;
    String next = nextAuthority();
    trust(List.of(old, next));
    issue(next, "server", names());
    issue("client-ca", "client", "subjectAltName=DNS:candidate");
    // Who connects now still may meet a member that has read the old certificate a moment ago.
    Thread.sleep(200);
    trust(List.of(next));
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  Path password() {
    return file("password");
  }

  private String names() {
    return "subjectAltName=IP:" + String.join(",IP:", addresses);
  }

  private String nextAuthority() throws IOException, InterruptedException {
    authorities++;
    return authority("ca-" + authorities);
  }

  private String authority(String name) throws IOException, InterruptedException {
    openssl(name, List.of("-subj", "/CN=" + name, "-addext", "keyUsage=keyCertSign"), name);
    return name;
  }

  private void issue(String authority, String name, String names)
      throws IOException, InterruptedException {
    openssl(
        name,
        List.of(
            "-subj",
            "/CN=" + name,
            "-addext",
            names,
            "-CA",
            file(authority + ".crt").toString(),
            "-CAkey",
            file(authority + ".key").toString()),
        "new-" + name);
    for (String end : List.of(".key", ".crt")) {
      Files.move(
          file("new-" + name + end),
          file(name + end),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void openssl(String what, List<String> more, String name)
      throws IOException, InterruptedException {
    List<String> command =
        new java.util.ArrayList<>(
            List.of("openssl", "req", "-x509", "-days", "2", "-nodes", "-newkey", "ec"));
    command.addAll(List.of("-pkeyopt", "ec_paramgen_curve:P-256"));
    command.addAll(List.of("-keyout", file(name + ".key").toString()));
    command.addAll(List.of("-out", file(name + ".crt").toString()));
    command.addAll(more);
    try {
      Shell.run(java.util.Map.of(), "", command);
    } catch (IOException e) {
      throw new IOException("the certificate of " + what + " cannot be made", e);
    }
  }

  private void trust(List<String> authorities) throws IOException {
    StringBuilder all = new StringBuilder();
    for (String authority : authorities) {
      all.append(Files.readString(file(authority + ".crt")));
    }
    Path draft = file("ca.crt.new");
    Files.writeString(draft, all);
    Files.move(
        draft, file("ca.crt"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
