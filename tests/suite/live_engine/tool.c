/* The app and the build tool of the live tests, in one static program. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/* SHA-256, FIPS 180-4, of less than 1 MB. */
static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* The first 32 bits of the fraction of a root of a prime. */
static uint32_t fraction(int prime, int cube) {
    unsigned __int128 low = 0, high = (unsigned __int128)32 << 32;
    while (high - low > 1) {
        unsigned __int128 root = (low + high) / 2, power = root * root, whole = (unsigned __int128)prime << 64;
        if (cube) { power = power * root >> 32; }
        if (power < whole || power == whole) low = root; else high = root;
    }
    return (uint32_t)low;
}

static int digest(const char *from, const char *to) {
    static unsigned char text[1 << 20];
    uint32_t k[64], h[8];
    FILE *file = fopen(from, "r");
    if (!file) { perror(from); return 1; }
    uint64_t length = fread(text, 1, sizeof text - 128, file), size = (length + 8) / 64 * 64 + 64;
    for (int prime = 2, n = 0; n < 64; prime++) {
        int other = 2;
        while (prime % other) other++;
        if (other != prime) continue;
        if (n < 8) h[n] = fraction(prime, 0);
        k[n++] = fraction(prime, 1);
    }
    text[length] = 0x80;
    for (int n = 0; n < 8; n++) text[size - 1 - n] = (unsigned char)(length * 8 >> 8 * n);
    for (unsigned char *block = text; block < text + size; block += 64) {
        uint32_t w[64], v[8];
        memcpy(v, h, sizeof v);
        for (int n = 0; n < 64; n++) {
            if (n < 16) w[n] = block[4 * n] << 24 | block[4 * n + 1] << 16 | block[4 * n + 2] << 8 | block[4 * n + 3];
            else w[n] = w[n - 16] + w[n - 7] + (turn(w[n - 15], 7) ^ turn(w[n - 15], 18) ^ w[n - 15] >> 3)
                + (turn(w[n - 2], 17) ^ turn(w[n - 2], 19) ^ w[n - 2] >> 10);
            uint32_t a = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[n] + w[n];
            uint32_t b = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            memmove(v + 1, v, 7 * sizeof *v);
            v[4] += a;
            v[0] = a + b;
        }
        for (int n = 0; n < 8; n++) h[n] += v[n];
    }
    file = fopen(to, "w");
    for (int n = 0; file && n < 8; n++) fprintf(file, "%08x", h[n]);
    return !file || fclose(file);
}

/* Sends a text to the SSH agent that it was given, and keeps the answer up to its end. */
static int agent(const char *question, const char *to) {
    static char answer[1 << 16];
    const char *path = getenv("SSH_AUTH_SOCK");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path) { fprintf(stderr, "no agent\n"); return 1; }
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int peer = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(peer, (struct sockaddr *)&address, sizeof address)) { perror(path); return 1; }
    write(peer, question, strlen(question));
    shutdown(peer, SHUT_WR);
    FILE *file = fopen(to, "w");
    for (ssize_t length; file && (length = read(peer, answer, sizeof answer)) > 0;)
        fwrite(answer, 1, (size_t)length, file);
    return !file || fclose(file);
}

/* Lines of a file of /proc that begin with a word. */
static void show(const char *path, const char *word) {
    char line[4096];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, word, strlen(word))) fputs(line, stderr);
}

/* Prints its privileges, then serves. */
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

/* Asks the engine's name server, by hand: a static program has no resolver. Then the port. */
static int needs(const char *name, const char *port) {
    unsigned char text[512] = {0, 1, 1, 0, 0, 1}, *end = text + 12;
    *end = (unsigned char)strlen(name);
    memcpy(end + 1, name, *end);
    end += *end + 2;
    memcpy(end, (unsigned char[]){0, 1, 0, 1}, 4);
    int question = socket(AF_INET, SOCK_DGRAM, 0), peer = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = inet_addr("127.0.0.11")};
    if (connect(question, (struct sockaddr *)&address, sizeof address)) { perror("name server"); return 1; }
    send(question, text, (size_t)(end + 4 - text), 0);
    ssize_t length = recv(question, text, sizeof text, 0);
    if (length < 4 || !text[7]) { fprintf(stderr, "no address of %s\n", name); return 1; }
    memcpy(&address.sin_addr, text + length - 4, 4);
    address.sin_port = htons((uint16_t)atoi(port));
    if (connect(peer, (struct sockaddr *)&address, sizeof address)) { perror(name); return 1; }
    return serve("ok");
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    if (!strcmp(verb, "serve")) return serve(count > 2 ? words[2] : "ok");
    if (!strcmp(verb, "confess")) return confess(words + 2);
    if (!strcmp(verb, "needs")) return needs(words[2], words[3]);
    if (!strcmp(verb, "late")) { sleep((unsigned)atoi(words[2])); return serve("ok"); }
    if (!strcmp(verb, "digest")) return digest(words[2], words[3]);
    if (!strcmp(verb, "agent")) return agent(words[2], words[3]);
    if (!strcmp(verb, "print")) { show(words[2], ""); return 3; }
    if (!strcmp(verb, "sleep")) { sleep((unsigned)atoi(words[2])); return 0; }
    if (!strcmp(verb, "exit")) {
        for (int line = 1; line <= 30; line++) printf("line %d\n", line);
        return atoi(words[2]);
    }
    if (!strcmp(verb, "same")) {
        static char text[4096];
        FILE *file = fopen(words[2], "r");
        return !file || !fread(text, 1, sizeof text - 1, file) || strcmp(text, words[3]);
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
