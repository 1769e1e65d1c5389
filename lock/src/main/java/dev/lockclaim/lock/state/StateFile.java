package dev.lockclaim.lock.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The marks of a pod on its volume: which lease and token it has, what was run and what was given
 * away. Held under a file lock for the process's life, so that there is one sidecar of a pod; each
 * write is on the volume before it returns. Not safe for use by several threads.
 */
public final class StateFile implements MarkStore, AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final long LOCK_PAUSE_MILLIS = 50;

  private final Path file;
  private final FileChannel lockChannel;
  private Marks marks;

  private StateFile(Path file, FileChannel lockChannel, Marks marks) {
    this.file = file;
    this.lockChannel = lockChannel;
    this.marks = marks;
  }

  /**
   * Takes the file lock, then reads. Marks of another boot or another pod are forgotten: what they
   * speak of is gone.
   *
   * @param patience how long another sidecar of the pod may still hold the file
   * @throws IOException when the file is not had in time, or the folder is not usable
   */
  public static StateFile open(Path folder, String podUid, Duration patience) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve("state.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      await(channel, folder, patience);
      String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      Path file = folder.resolve("state.json");
      Marks found = Files.exists(file) ? read(file) : Marks.none(bootId, podUid);
      boolean same = found.bootId().equals(bootId) && found.podUid().equals(podUid);
      Marks marks = same ? found : Marks.none(bootId, podUid).withSidecar(found.sidecar());
      StateFile state = new StateFile(file, channel, marks);
      state.write(marks.withSidecar(marks.sidecar() + 1));
      return state;
    } catch (IOException | RuntimeException e) {
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
    Path draft = file.resolveSibling("state.json.new");
    try (FileChannel channel =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(text(next).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    marks = next;
  }

  @Override
  public void close() throws IOException {
    lockChannel.close();
  }

  private static String text(Marks marks) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeNumberField("v", 1);
      json.writeStringField("bootId", marks.bootId());
      json.writeStringField("podUid", marks.podUid());
      json.writeNumberField("sidecar", marks.sidecar());
      json.writeNumberField("lease", marks.lease());
      json.writeNumberField("ran", marks.ran());
      json.writeNumberField("released", marks.released());
      json.writeNumberField("clusterId", marks.clusterId());
      json.writeNumberField("revision", marks.revision());
      json.writeNumberField("epoch", marks.epoch());
      json.writeEndObject();
    }
    return text.toString();
  }

  /** What was run and given away must be known: an unreadable file is not an empty one. */
  private static Marks read(Path file) throws IOException {
    try {
      return read(Files.readString(file));
    } catch (IOException | NumberFormatException e) {
      throw new IOException(
          file
              + " cannot be read ("
              + e.getMessage()
              + "): wait until the lease of who wrote it has run out, then delete it",
          e);
    }
  }

  private static Marks read(String text) throws IOException {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("it holds no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        fields.put(name, parser.getText());
      }
    }
    return new Marks(
        fields.getOrDefault("bootId", ""),
        fields.getOrDefault("podUid", ""),
        (int) number(fields, "sidecar"),
        number(fields, "lease"),
        number(fields, "ran"),
        number(fields, "released"),
        number(fields, "clusterId"),
        number(fields, "revision"),
        number(fields, "epoch"));
  }

  private static long number(Map<String, String> fields, String name) {
    return Long.parseLong(fields.getOrDefault(name, "0"));
  }
}
