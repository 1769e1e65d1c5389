package dev.lockclaim.lock.state;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * The marks of a pod on its volume: which lease and token it has, what was run and what was given
 * away. Held under a file lock for the process's life, so that there is one sidecar of a pod; each
 * write outlives the process when it returns (and no more than that: what runs ends with the boot,
 * so nothing is synced). Not safe for use by several threads.
 */
public final class StateFile implements MarkStore, AutoCloseable {
  private static final long LOCK_PAUSE_MILLIS = 50;

  private final TwoSlots slots;
  private final FileChannel lockChannel;
  private Marks marks;

  private StateFile(TwoSlots slots, FileChannel lockChannel, Marks marks) {
    this.slots = slots;
    this.lockChannel = lockChannel;
    this.marks = marks;
  }

  /**
   * Takes the file lock, then reads. Marks of another boot or another pod are forgotten, but for
   * what they say of etcd: all else that they speak of is gone.
   *
   * @param patience how long another sidecar of the pod may still hold the file
   * @throws IOException when the file is not had in time, or the folder is not usable
   */
  public static StateFile open(Path folder, String podUid, Duration patience) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve("state.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    TwoSlots slots = null;
    try {
      await(channel, folder, patience);
      String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      Path file = folder.resolve("state");
      slots = slots(file);
      Marks found = read(slots, file, Marks.none(bootId, podUid));
      boolean same = found.bootId().equals(bootId) && found.podUid().equals(podUid);
      // What was seen of etcd goes for whoever asks it next; what was run and given away was that
      // pod's, in that boot.
      Marks marks =
          same
              ? found
              : Marks.none(bootId, podUid)
                  .withSidecar(found.sidecar())
                  .withSeen(found.clusterId(), found.revision(), found.epoch());
      StateFile state = new StateFile(slots, channel, marks);
      state.write(marks.withSidecar(marks.sidecar() + 1));
      return state;
    } catch (IOException | RuntimeException e) {
      if (slots != null) {
        slots.close();
      }
      channel.close();
      throw e;
    }
  }

  private static void await(FileChannel channel, Path folder, Duration patience)
      throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (!tryLock(channel)) {
      if (System.nanoTime() > end) {
        throw new IOException(
            folder.resolve("state.lock")
                + " is held by another process: a second Lockclaim with the same state folder runs;"
                + " end it or use another folder");
      }
      try {
        Thread.sleep(LOCK_PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for " + folder, e);
      }
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock(); // given back when the channel is closed
      return lock != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  @Override
  public Marks marks() {
    return marks;
  }

  @Override
  public void write(Marks next) throws IOException {
    slots.write(MarkCodec.text(next));
    marks = next;
  }

  @Override
  public void close() throws IOException {
    try {
      slots.close();
    } finally {
      lockChannel.close();
    }
  }

  /** What was run and given away must be known: an unreadable file is not an empty one. */
  private static TwoSlots slots(Path file) throws IOException {
    try {
      return TwoSlots.open(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Marks read(TwoSlots slots, Path file, Marks none) throws IOException {
    try {
      return slots.text().isPresent() ? MarkCodec.marks(slots.text().get()) : none;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static IOException unreadable(Path file, IOException e) {
    return new IOException(
        file
            + " cannot be read ("
            + e.getMessage()
            + "): wait until the lease of who wrote it has run out, then delete it",
        e);
  }
}
