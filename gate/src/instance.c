#include "instance.h"

#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "protocol.h"

void instance_choose(char *instance) {
    unsigned char random[INSTANCE_DIGITS / 2];
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        int64_t now_ns = clock_boot_ns(); /* very early in the life of a machine: two gates never begin in one nanosecond */
        memcpy(random, &now_ns, sizeof random);
    }
    for (size_t i = 0; i < sizeof random; i++) {
        instance[2 * i] = "0123456789abcdef"[random[i] >> 4];
        instance[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    instance[INSTANCE_DIGITS] = '\0';
}
