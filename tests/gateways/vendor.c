/* A vendor's library as they are met: one function, texts in its own encoding, everything else its own way.
   What it does is said by the interface code. TEXT is char (GBK, UTF-8) or a 16-bit unit. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef WIDE
typedef unsigned short TEXT;
#else
typedef char TEXT;
#endif

static int calls = 0;
static int ready = 0;

static int length(const TEXT *text) { int n = 0; while (text[n]) n++; return n; }
static int is(const TEXT *infno, const char *code) {
    int i = 0;
    for (; code[i]; i++) if (infno[i] != (TEXT)code[i]) return 0;
    return infno[i] == 0;
}

static void noted(void) {
    const char *place = getenv("VENDOR_CALLS");
    FILE *file = place ? fopen(place, "a") : NULL;
    if (file) { fputc('x', file); fclose(file); }
}

int init(void) { ready = 1; return 0; }
int init_fails(void) { return 7; }
int init_crashes(void) { raise(SIGSEGV); return 0; }

/* echoes the message; other codes misbehave */
int call(const TEXT *infno, const TEXT *input, TEXT *output, int size) {
    int n = length(input), i;
    calls++;
    noted();
    printf("the vendor prints to standard output\n");
    if (is(infno, "hang")) for (;;) pause();
    if (is(infno, "slow")) usleep(300000);
    if (is(infno, "crash")) raise(SIGSEGV);
    if (is(infno, "exit")) exit(3);
    if (is(infno, "overrun")) { memset(output, 'x', (size_t)(size + 8) * sizeof(TEXT)); return 0; }
    if (is(infno, "full")) { for (i = 0; i < size; i++) output[i] = 'x'; return 0; }
    if (is(infno, "bytes")) { ((unsigned char *)output)[0] = 0xff; ((unsigned char *)output)[1] = 0xff; return 0; }
    if (is(infno, "ready")) { output[0] = (TEXT)('0' + ready); output[1] = 0; return 0; }
    if (is(infno, "count")) { output[0] = (TEXT)('0' + calls); output[1] = 0; return 0; }
#ifndef WIDE
    if (getenv("VENDOR_REPLY") && is(infno, "2207")) {
        FILE *file = fopen(getenv("VENDOR_REPLY"), "rb");
        output[fread(output, 1, (size_t)size - 1, file)] = 0;
        fclose(file);
        return 0;
    }
#endif
    if (n + 1 > size) return -2;
    memcpy(output, input, (size_t)(n + 1) * sizeof(TEXT));
    return is(infno, "fails") ? -5 : 0;
}

/* another vendor's: no interface code, the room behind a pointer, the length comes back */
int exchange(const TEXT *input, TEXT *output, int *size) {
    int n = length(input);
    noted();
    if (n + 1 > *size) { *size = n + 1; return 0; }
    memcpy(output, input, (size_t)(n + 1) * sizeof(TEXT));
    *size = n;
    return 1;
}
