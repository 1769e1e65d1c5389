package dev.lockclaim.bench.peers;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/** Does for one candidate what the driver says, one word after the other. */
final class Player {
  private final int index;
  private final Contender contender;
  private final BlockingQueue<String> words = new LinkedBlockingQueue<>();
  private volatile boolean passing;
  private AtomicBoolean held = new AtomicBoolean();

  private Player(int index, Contender contender) {
    this.index = index;
    this.contender = contender;
  }

  static Player start(int index, Contender contender) {
    Player player = new Player(index, contender);
    Thread.ofPlatform().daemon().name("player-" + index).start(player::run);
    return player;
  }

  /** Any thread. */
  void word(String word) {
    if (word.equals("rest")) {
      passing = false;
    } else {
      words.add(word);
    }
  }

  private void run() {
    try {
      while (true) {
        switch (words.take()) {
          case "join" -> join();
          case "release" -> release();
          case "pass" -> pass();
          default -> throw new IllegalStateException("the driver said an unknown word");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass() throws InterruptedException {
    passing = true;
    while (passing && join()) {
      release();
    }
  }

  private boolean join() throws InterruptedException {
    AtomicBoolean holds = new AtomicBoolean(true);
    try {
      long nanos =
          contender.join(
              () -> {
                if (holds.getAndSet(false)) {
                  Events.tell("lost", index, System.nanoTime());
                }
              });
      Events.tell("held", index, nanos);
      held = holds;
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      Events.failed(index, e);
      return false;
    }
  }

  private void release() throws InterruptedException {
    if (!held.getAndSet(false)) {
      return;
    }
    long releasing = System.nanoTime();
    try {
      contender.release();
      long released = System.nanoTime();
      Events.tell("releasing", index, releasing);
      Events.tell("released", index, released);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      Events.failed(index, e);
    }
  }
}
