package dev.lockclaim.lock;

public record Grant(long token, int slot) {}
