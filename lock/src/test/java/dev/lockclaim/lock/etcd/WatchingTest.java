package dev.lockclaim.lock.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockclaim.lock.view.Change;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a watch makes of etcd's words; with a real etcd it is tested in EtcdFaultsTest. */
final class WatchingTest {
  private static final long CLUSTER = 7;
  private static final long BEGINS = 100;

  private final List<String> ended = new ArrayList<>();
  private int words;
  private final Watching watching =
      new Watching(
          new Watching.Start(WatchRequest.getDefaultInstance(), CLUSTER, BEGINS),
          new Wire("/p/")::changes,
          new Etcd.Listener() {
            @Override
            public void changes(List<Change> changes) {
              words++;
            }

            @Override
            public void ended(String why) {
              ended.add(why);
            }
          });

  private static WatchResponse word(long clusterId, long revision, boolean created) {
    return WatchResponse.newBuilder()
        .setHeader(ResponseHeader.newBuilder().setClusterId(clusterId).setRevision(revision))
        .setCreated(created)
        .build();
  }

  /** Etcd 3.6 is silent then; an older one answers the question whether anything has happened. */
  @Test
  void h6AWordOfARevisionBeforeTheReadIsOfAnEtcdThatHasGoneBack() {
    watching.onNext(word(CLUSTER, BEGINS - 2, false));
    assertThat(ended).singleElement().asString().contains("it has gone back");
    watching.onNext(word(CLUSTER, BEGINS, false));
    assertThat(words).isZero();
  }

  @Test
  void aMemberThatLagsMayMakeTheWatchAndItsFirstWordMayBeOfTheRead() {
    watching.onNext(word(CLUSTER, BEGINS - 50, true));
    watching.onNext(word(CLUSTER, BEGINS - 1, false));
    assertThat(ended).isEmpty();
    assertThat(words).isEqualTo(2);
  }

  @Test
  void aWatchThatWasClosedSaysNothing() {
    watching.close();
    watching.onNext(word(CLUSTER, BEGINS, false));
    watching.end("late");
    assertThat(words).isZero();
    assertThat(ended).isEmpty();
  }
}
