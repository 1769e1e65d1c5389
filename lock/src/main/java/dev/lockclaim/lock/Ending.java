package dev.lockclaim.lock;

public record Ending(boolean asked, int exitStatus, Next next, boolean rejoin) {
  public enum Next {
    WAIT,
    EXIT
  }
}
