package dev.lockclaim.lock;

public record Deadlines(long termNanos, long killNanos, long goneNanos) {}
