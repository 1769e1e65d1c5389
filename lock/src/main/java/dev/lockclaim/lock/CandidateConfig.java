package dev.lockclaim.lock;

import dev.lockclaim.lock.view.Identity;
import java.util.OptionalInt;

/**
 * Who stands in line, and with which times.
 *
 * @param identity its sidecar number comes from the state file
 * @param defaultSlots where there is no operator: the settings to write when there are none
 */
public record CandidateConfig(
    String namespace,
    String name,
    Identity identity,
    int ttlSeconds,
    int graceSeconds,
    OptionalInt defaultSlots) {}
