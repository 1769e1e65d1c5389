/* `gate probe KIND -- cmd…`: stands in for exec probes and hooks. */
#ifndef LOCKCLAIM_GATE_PROBE_H
#define LOCKCLAIM_GATE_PROBE_H

/* arguments: what follows `gate probe`. Returns the exit status, or becomes the command. */
int probe_run(char **arguments);

#endif
