#include "protocol.h"

#include <string.h>

enum { FIELDS_MAX = 32 }; /* far more than any verb has; room for keys of later versions */

struct field {
    const char *key;
    const char *value;
};

struct fields {
    struct field list[FIELDS_MAX];
    size_t count;
};

static bool key_is_good(const char *key) {
    if (*key == '\0') {
        return false;
    }
    for (; *key != '\0'; key++) {
        if ((*key < 'a' || *key > 'z') && *key != '_') {
            return false;
        }
    }
    return true;
}

static const char *find(const struct fields *fields, const char *key) {
    for (size_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->list[i].key, key) == 0) {
            return fields->list[i].value;
        }
    }
    return NULL;
}

/* Cuts "key=value key=value" in place. */
static const char *cut_fields(char *rest, struct fields *fields) {
    fields->count = 0;
    while (rest != NULL) {
        char *space = strchr(rest, ' ');
        if (space != NULL) {
            *space = '\0';
        }
        char *equals = strchr(rest, '=');
        if (equals == NULL) {
            return "a field is not key=value";
        }
        *equals = '\0';
        if (!key_is_good(rest)) {
            return "a key has other characters than a-z and _";
        }
        if (find(fields, rest) != NULL) {
            return "a key is there twice";
        }
        if (fields->count == FIELDS_MAX) {
            return "more than 32 fields";
        }
        fields->list[fields->count++] = (struct field){.key = rest, .value = equals + 1};
        rest = space == NULL ? NULL : space + 1;
    }
    return NULL;
}

static bool number(const struct fields *fields, const char *key, uint64_t most, uint64_t *value) {
    const char *string = find(fields, key);
    return string != NULL && text_read_number(string, most, value);
}

static bool time_ns(const struct fields *fields, const char *key, int64_t *value) {
    uint64_t unsigned_value;
    if (!number(fields, key, PROTOCOL_NUMBER_MAX, &unsigned_value)) {
        return false;
    }
    *value = (int64_t)unsigned_value;
    return true;
}

static bool token(const struct fields *fields, struct command *command) {
    return number(fields, "token", PROTOCOL_NUMBER_MAX, &command->token) && command->token > 0;
}

static bool times(const struct fields *fields, struct command *command) {
    return time_ns(fields, "term_ns", &command->term_ns) && time_ns(fields, "kill_ns", &command->kill_ns) &&
           command->term_ns <= command->kill_ns;
}

static const char *read_hello(const struct fields *fields, struct command *command) {
    const char *lock = find(fields, "lock");
    if (!number(fields, "v", UINT32_MAX, &command->version) ||
        !number(fields, "sidecar", PROTOCOL_NUMBER_MAX, &command->sidecar)) {
        return "HELLO needs the numbers v and sidecar";
    }
    if (lock == NULL || *lock == '\0' || strlen(lock) > LOCK_NAME_MAX) {
        return "HELLO needs lock=NAMESPACE/NAME of at most 317 bytes";
    }
    strcpy(command->lock, lock);
    return NULL;
}

const char *protocol_read(char *line, struct command *command) {
    struct fields fields;
    char *space = strchr(line, ' ');
    if (space != NULL) {
        *space = '\0';
    }
    const char *wrong = cut_fields(space == NULL ? NULL : space + 1, &fields);
    if (wrong != NULL) {
        return wrong;
    }
    if (strcmp(line, "HELLO") == 0) {
        command->kind = COMMAND_HELLO;
        return read_hello(&fields, command);
    }
    if (strcmp(line, "RUN") == 0) {
        command->kind = COMMAND_RUN;
        if (!token(&fields, command) || !number(&fields, "slot", UINT32_MAX, &command->slot) ||
            !times(&fields, command)) {
            return "RUN needs the numbers token > 0, slot, and term_ns <= kill_ns";
        }
        return NULL;
    }
    if (strcmp(line, "TIMES") == 0) {
        command->kind = COMMAND_TIMES;
        return token(&fields, command) && times(&fields, command)
                   ? NULL
                   : "TIMES needs the numbers token > 0, and term_ns <= kill_ns";
    }
    if (strcmp(line, "STOP") == 0) {
        uint64_t grace_ms;
        command->kind = COMMAND_STOP;
        if (!token(&fields, command) || !number(&fields, "grace_ms", UINT32_MAX, &grace_ms)) {
            return "STOP needs the numbers token > 0 and grace_ms";
        }
        command->grace_ns = (int64_t)grace_ms * 1000000;
        return NULL;
    }
    if (strcmp(line, "PING") == 0) {
        command->kind = COMMAND_PING;
        return NULL;
    }
    return "unknown verb";
}

static const char *const mode_names[] = {"waiting", "running", "stopping"};
static const char *const reason_names[] = {"late", "stale", "busy", "stopping", "exec"};
static const char *const why_names[] = {"stop", "term", "deadline", "exited", "killed"};

const char *protocol_why(enum why why) {
    return why_names[why];
}

static void add_field(struct text *line, const char *key, uint64_t value) {
    text_add(line, " ");
    text_add(line, key);
    text_add(line, "=");
    text_add_number(line, value);
}

static void add_word(struct text *line, const char *key, const char *word) {
    text_add(line, " ");
    text_add(line, key);
    text_add(line, "=");
    text_add(line, word);
}

static void add_status(struct text *line, struct status status) {
    if (status.kind == STATUS_NONE) {
        add_word(line, "status", "none");
        return;
    }
    add_word(line, "status", status.kind == STATUS_EXIT ? "exit:" : "signal:");
    text_add_number(line, (uint64_t)status.value);
}

void protocol_write(struct text *line, const struct message *message, int64_t boot_ns) {
    switch (message->kind) {
    case MESSAGE_HELLO:
        text_add(line, "HELLO");
        add_field(line, "v", PROTOCOL_VERSION);
        add_word(line, "container", message->container);
        add_word(line, "instance", message->instance);
        add_word(line, "state", mode_names[message->mode]);
        add_field(line, "token", message->token);
        add_field(line, "stopped", message->stopped);
        break;
    case MESSAGE_STARTED:
        text_add(line, "STARTED");
        add_field(line, "token", message->token);
        break;
    case MESSAGE_REFUSED:
        text_add(line, "REFUSED");
        add_field(line, "token", message->token);
        add_word(line, "reason", reason_names[message->reason]);
        break;
    case MESSAGE_STOPPING:
        text_add(line, "STOPPING");
        add_field(line, "token", message->token);
        add_word(line, "why", why_names[message->why]);
        break;
    case MESSAGE_ENDED:
        text_add(line, "ENDED");
        add_field(line, "token", message->token);
        add_status(line, message->status);
        add_word(line, "why", why_names[message->why]);
        add_word(line, "next", message->exits ? "exit" : "wait");
        add_field(line, "late_ms", message->late_ms);
        break;
    case MESSAGE_BEAT:
        text_add(line, "BEAT");
        add_field(line, "token", message->token);
        break;
    case MESSAGE_ERROR:
        text_add(line, "ERROR text=");
        text_add(line, message->error);
        text_add(line, "\n");
        return; /* the text is the rest of the line: no field after it */
    }
    add_field(line, "boot_ns", (uint64_t)boot_ns);
    text_add(line, "\n");
}
