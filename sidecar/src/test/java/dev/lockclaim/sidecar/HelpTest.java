package dev.lockclaim.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "run", "status", "sidecar"})
  void standsInTheReferenceAsItIsPrinted(String about) throws Exception {
    String help = Lockclaim.help(about.isEmpty() ? List.of() : List.of(about));
    assertThat(TestingTools.root().resolve("docs/reference/command-line.md"))
        .as("put the output of lockclaim help %s there", about)
        .content()
        .contains("```text\n" + help + "```\n");
    assertThat(help.lines())
        .as("columns")
        .allMatch(line -> line.length() <= 100 && line.equals(line.stripTrailing()));
  }

  @Test
  void namesAllVariablesOfTheSidecar() throws Exception {
    String help = Lockclaim.help(List.of("sidecar"));
    for (var field : dev.lockclaim.crds.Names.class.getFields()) {
      List<String> ofMain = List.of("ENV_TOKEN", "ENV_LOCK", "ENV_SLOT", "ENV_SOCKET");
      if (field.getName().startsWith("ENV_") && !ofMain.contains(field.getName())) {
        assertThat(help).contains((String) field.get(null));
      }
    }
  }

  @Test
  void knowsNoOther() {
    assertThatThrownBy(() -> Lockclaim.help(List.of("walk")))
        .isInstanceOf(WrongSettings.class)
        .hasMessageContaining("walk");
  }

  @Test
  void theVersionIsThatOfTheBuild() throws Exception {
    String pom = Files.readString(TestingTools.root().resolve("pom.xml"));
    assertThat(pom).contains("<version>" + Version.TEXT + "</version>");
  }
}
