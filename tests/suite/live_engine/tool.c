/* The app and the build tool of the live tests, in one static program. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int signal) { (void)signal; _exit(7); }

static int serve(const char *body) {
    char text[256];
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(body), body);
    signal(SIGTERM, getenv("STUBBORN") ? SIG_IGN : getenv("PLAIN") ? SIG_DFL : end);
    const char *megabytes = getenv("MEGABYTES");
    size_t bytes = (size_t)(megabytes ? atoi(megabytes) : 0) << 20;
    if (bytes) memset(malloc(bytes), 1, bytes);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) return 1;
    fprintf(stderr, "warming up\nlistening\n");
    for (;;) {
        char request[4096];
        int peer = accept(listener, 0, 0);
        if (peer < 0) continue;
        if (read(peer, request, sizeof request) > 0) write(peer, text, strlen(text));
        close(peer);
    }
}

/* Lines of a file of /proc that begin with a word. */
static void show(const char *path, const char *word) {
    char line[4096];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, word, strlen(word))) fputs(line, stderr);
}

/* Tells what it may do, then serves. */
static int confess(char **paths) {
    for (; *paths; paths++) {
        FILE *file = fopen(*paths, "w");
        fprintf(stderr, "%s: %s\n", *paths, file ? "written" : strerror(errno));
    }
    show("/proc/1/comm", "");
    show("/proc/mounts", "tmpfs /tmp ");
    show("/proc/self/status", "CapBnd:");
    show("/proc/self/status", "NoNewPrivs:");
    return serve("ok");
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    if (!strcmp(verb, "serve")) return serve(count > 2 ? words[2] : "ok");
    if (!strcmp(verb, "confess")) return confess(words + 2);
    if (!strcmp(verb, "sleep")) { sleep((unsigned)atoi(words[2])); return 0; }
    if (!strcmp(verb, "exit")) {
        for (int line = 1; line <= 30; line++) printf("line %d\n", line);
        return atoi(words[2]);
    }
    if (!strcmp(verb, "put")) {
        FILE *file = fopen(words[2], "w");
        return !file || fputs(words[3], file) < 0 || fclose(file);
    }
    if (!strcmp(verb, "write")) {
        FILE *file = fopen(words[2], "w");
        if (!file) return 1;
        for (int byte = atoi(words[3]); byte > 0; byte--) fputc('x', file);
        fclose(file);
        return link(words[2], "/hard") || symlink(words[2], "/soft");
    }
    return 2;
}
