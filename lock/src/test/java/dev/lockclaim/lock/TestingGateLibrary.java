package dev.lockclaim.lock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The functions of gate/test/state_library.c, built from the tree when they are used first. */
@SuppressWarnings("restricted") // native access is what it is for
final class TestingGateLibrary {
  private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(build(), Arena.global());
  static final MethodHandle BEGIN =
      function(
          "begin",
          FunctionDescriptor.ofVoid(
              ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  static final MethodHandle STEP =
      function(
          "step",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS));
  static final MethodHandle HELLO =
      function("hello", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
  static final MethodHandle TELL =
      function(
          "fields",
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

  private TestingGateLibrary() {}

  private static Path build() {
    Path folder = Path.of(System.getProperty("lockclaim.root", ".."), "gate").toAbsolutePath();
    String library = "build/libgate-state.so";
    try {
      Process make =
          new ProcessBuilder("make", "-s", "-C", folder.toString(), library)
              .redirectErrorStream(true)
              .start();
      String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (make.waitFor() != 0) {
        throw new IllegalStateException("make -C gate " + library + " failed: " + output);
      }
      return folder.resolve(library);
    } catch (IOException e) {
      throw new UncheckedIOException("the gate's code cannot be built: install make and gcc", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while building the gate's code", e);
    }
  }

  /** Short, and given memory of the heap: no call of these blocks or keeps it. */
  private static MethodHandle function(String name, FunctionDescriptor type) {
    return Linker.nativeLinker()
        .downcallHandle(
            LIBRARY.findOrThrow("gate_library_" + name), type, Linker.Option.critical(true));
  }

  /** How long a state is. */
  static int longs() {
    MethodHandle size = function("size", FunctionDescriptor.of(ValueLayout.JAVA_LONG));
    try {
      return (int) (((long) size.invokeExact() + Long.BYTES - 1) / Long.BYTES);
    } catch (Throwable e) {
      throw new LinkageError("size", e);
    }
  }
}
