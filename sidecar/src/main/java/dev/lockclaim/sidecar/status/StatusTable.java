package dev.lockclaim.sidecar.status;

import dev.lockclaim.lock.view.Holder;
import dev.lockclaim.lock.view.Identity;
import dev.lockclaim.lock.view.Queued;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Locks for people and for grep: one line for each slot and each place in line. */
final class StatusTable {
  private static final List<String> HEAD =
      List.of("LOCK", "PLACE", "WHO", "HOST", "TOKEN", "SINCE");
  private static final String NOTHING = "-";

  private final List<List<String>> rows = new ArrayList<>(List.of(HEAD));

  private StatusTable() {}

  static String of(List<LockStatus> locks) {
    StatusTable table = new StatusTable();
    locks.forEach(table::add);
    return table.text();
  }

  /** When a grant was made, in UTC. */
  static String since(Holder holder) {
    return Instant.ofEpochMilli(holder.grantTimeMillis())
        .truncatedTo(ChronoUnit.SECONDS)
        .toString();
  }

  private void add(LockStatus status) {
    if (status.slots() == 0 && status.holders().isEmpty() && status.view().queue().isEmpty()) {
      rows.add(List.of(status.lock(), NOTHING, "(never used)", NOTHING, NOTHING, NOTHING));
      return;
    }
    for (Holder holder : status.holders()) {
      Identity who = holder.identity();
      rows.add(
          List.of(
              status.lock(),
              slot(holder.slot()),
              shown(who.pod()),
              shown(who.node()),
              Long.toString(holder.token()),
              since(holder)));
    }
    for (int slot = 0; slot < status.slots(); slot++) {
      if (!status.view().holders().containsKey(slot)) {
        String state =
            status.suspended()
                ? "(suspended)"
                : status.vanished().contains(slot) ? "(vanished)" : "(free)";
        rows.add(List.of(status.lock(), slot(slot), state, NOTHING, NOTHING, NOTHING));
      }
    }
    int place = 0;
    for (Queued waiting : status.view().queue()) {
      Identity who = waiting.identity();
      rows.add(
          List.of(
              status.lock(),
              "line:" + ++place,
              shown(who.pod()),
              shown(who.node()),
              NOTHING,
              NOTHING));
    }
  }

  private static String slot(int slot) {
    return "slot:" + slot;
  }

  /** Values of etcd are anybody's: nothing of them but printable text reaches a terminal. */
  private static String shown(String text) {
    return text.isEmpty() ? NOTHING : text.replaceAll("[^!-~]", "?");
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < HEAD.size(); column++) {
        line.append(row.get(column))
            .append(" ".repeat(width(column) - row.get(column).length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
