package dev.lockclaim.sidecar;

import dev.lockclaim.lock.*;
import dev.lockclaim.sidecar.api.LockView;
import dev.lockclaim.sidecar.api.YieldAnswer;
import dev.lockclaim.sidecar.metrics.SidecarMetrics;
import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** STAND-IN that grants at once without etcd; to be written over dev.lockclaim.lock. Everything else joins the lock through this class and MainJoint only. */
public final class LockHandle implements AutoCloseable {
  public record Settings(
      String namespace,
      String name,
      String podName,
      String podUid,
      String nodeName,
      String podRevision,
      int ttlSeconds,
      int stopGraceSeconds,
      Path etcdDir,
      OptionalInt defaultSlots) {}
  private final Settings s;
  private volatile LockView view;
  private MainJoint joint; private Consumer<LockView> listener;
  private long token;
  LockHandle(Settings s) { this.s = s; set(LockView.State.CONNECTING); }
  void set(LockView.State st) { view = new LockView(st, s.namespace()+"/"+s.name(), token==0?OptionalInt.empty():OptionalInt.of(0), token==0?OptionalLong.empty():OptionalLong.of(token), 0, token==0?0:bootNanos()+9_000_000_000L, token==0?0:bootNanos()+10_000_000_000L, List.of(), OptionalInt.empty(), 0, "stub"); if (listener!=null) listener.accept(view); }
  public static LockHandle open(Settings settings, Path stateFolder) throws IOException, WrongSettings {
    if (settings.ttlSeconds() < 0) { throw new IOException("x"); }
    return new LockHandle(settings);
  }
  public Settings settings() { return s; }
  int sidecarNumber() { try { Path p = Path.of("/tmp/fake-number"); int n = Files.exists(p) ? Integer.parseInt(Files.readString(p).strip())+1 : 1; Files.writeString(p, ""+n); return n; } catch (IOException e) { throw new RuntimeException(e); } }
  LockView view() { return view; }
  long bootNanos() { try { String u = Files.readString(Path.of("/proc/uptime")); return Long.parseLong(u.substring(0,u.indexOf(' ')).replace(".",""))*10_000_000L; } catch (IOException e) { throw new RuntimeException(e); } }
  YieldAnswer giveUp(boolean force, Optional<String> to) { return new YieldAnswer.Declined("fake"); }
  Optional<String> stuck() { return Optional.empty(); }
  void explainWith(Supplier<Optional<String>> trouble) {}
  void start(MainJoint j, SidecarMetrics metrics, Consumer<LockView> l) { joint = j; listener = l; set(LockView.State.WAITING); j.join(new Candidate() {
    public void ready(boolean r) { if (r && token==0) { token = bootNanos()/10_000_000; set(LockView.State.STARTING); long n = bootNanos(); joint.run(new Grant(token,0), new Deadlines(n+6_000_000_000L,n+9_000_000_000L,n+10_000_000_000L)); } }
    public void started(long t) { token = t; set(LockView.State.ACTIVE); }
    public void refused(long t, Refusal r) { token = 0; set(LockView.State.WAITING); }
    public void stopping(long t) { set(LockView.State.STOPPING); }
    public void ended(long t, Ending e) { token = 0; set(LockView.State.WAITING); }
    public void gateLost() {} }); }
  @Override public void close() { System.err.println("fake: closed, token " + token); }
}
