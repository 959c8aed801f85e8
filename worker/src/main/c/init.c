/*
 * The first process of a runc box. It runs the program as the box's user, waits for it, reaps what it
 * leaves, and tells the worker exactly how it ended: the first process of a PID namespace ignores
 * signals that it does not handle, and runc's exit status cannot tell "exit 137" from "signal 9".
 *
 * usage: init USER FILES GROUPS COUNT ENVIRONMENT... PROGRAM ARGUMENT...
 *        (uid and gid of the program; how many files it may have open; COUNT variables)
 *
 * The worker hands it open files, so that nothing of the host is mounted for it:
 *   3    it writes "ready", and at the end "end STATUS WALL-NS CPU-US MAXRSS-KIB CSW-VOLUNTARY CSW-FORCED"
 *   4    a line lets it go on: first to start the program, then, the counters read, to end
 *   5    itself
 *   6…   what joins GROUPS control groups: their lists of threads (version 1) or of processes (version 2)
 *
 * The program's process joins the groups, just before it becomes the program. So the groups hold the program
 * and nothing else. A thread that joins by itself does not hold up the start of processes on the host (version 1).
 *
 * In a box of isolate it only does that, as the box's user, in the process that isolate has prepared:
 *
 * usage: init - GROUPS PROGRAM ARGUMENT...
 *   3    itself
 *   4…   what joins GROUPS control groups
 *
 * It holds CAP_SETUID, CAP_SETGID, CAP_KILL and CAP_CHOWN, and where it is protected from the out-of-memory
 * killer CAP_SYS_RESOURCE; the program holds nothing.
 *
 * It is linked with nothing, for it runs in whatever root file system a box has, and because a C library
 * takes longer to start than all the rest (docs/decisions/0009). Its exit status is for people alone.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { UP = 3, DOWN = 4, ITSELF = 5, FIRST_GROUP = 6 };
enum { USER = 1, FILES, GROUPS, COUNT, ENVIRONMENT };
enum { JOINED = 2, JOINING, FIRST_TO_JOIN = 4 };
enum { LAST_FILE = 65535 };
enum { NOT_JOINED = 119, NOT_HEARD = 123, NOT_FORKED = 124, NOT_STARTED = 127 };

/* What a system call gives, or a negative errno. */
static long call4(long number, long a, long b, long c, long d) {
#if defined(__x86_64__)
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long which __asm__("x8") = number;
    register long first __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(first) : "r"(which), "r"(second), "r"(third), "r"(fourth) : "memory");
    return first;
#else
#error "numbers and calls of this processor are not known here"
#endif
}

static long call3(long number, long a, long b, long c) { return call4(number, a, b, c, 0); }

static void leave(int status) {
    for (;;) {
        call3(SYS_exit_group, status, 0, 0);
    }
}

static long number(const char *digits) {
    long value = 0;
    while (*digits >= '0' && *digits <= '9') {
        value = value * 10 + (*digits++ - '0');
    }
    return value;
}

/* Text that is put together and written at once. */
struct text {
    char bytes[4352]; /* room for a longest path (PATH_MAX), and a report */
    int length;
};

static void put(struct text *text, const char *more) {
    while (*more && text->length < (int)sizeof text->bytes) {
        text->bytes[text->length++] = *more++;
    }
}

static void put_number(struct text *text, long value) {
    char digits[21];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = '0' + value % 10;
        value /= 10;
    } while (value);
    put(text, at);
}

static void put_figure(struct text *text, long value) {
    put(text, " ");
    put_number(text, value);
}

static void write_out(int file, struct text *text) { call3(SYS_write, file, (long)text->bytes, text->length); }

/* The words of the C library for what commonly goes wrong at a start (errno(3)). */
static void put_error(struct text *text, long error) {
    switch (error) {
        case EPERM: put(text, "Operation not permitted"); break;
        case ENOENT: put(text, "No such file or directory"); break;
        case E2BIG: put(text, "Argument list too long"); break;
        case ENOEXEC: put(text, "Exec format error"); break;
        case EAGAIN: put(text, "Resource temporarily unavailable"); break;
        case ENOMEM: put(text, "Cannot allocate memory"); break;
        case EACCES: put(text, "Permission denied"); break;
        case ENOTDIR: put(text, "Not a directory"); break;
        case ETXTBSY: put(text, "Text file busy"); break;
        case ENAMETOOLONG: put(text, "File name too long"); break;
        case ELOOP: put(text, "Too many levels of symbolic links"); break;
        default: put(text, "errno"); put_figure(text, error);
    }
}

static long now(void) {
    struct timespec time;
    call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static long wait_for(int *status, int options, struct rusage *usage) {
    return call4(SYS_wait4, -1, (long)status, options, (long)usage);
}

/* The program is the first to fall when memory runs out; with CAP_SYS_RESOURCE this is its least score, too. */
static void offer_to_the_killer(void) {
    long file = call4(SYS_openat, -100 /* AT_FDCWD */, (long)"/proc/self/oom_score_adj", 1 /* O_WRONLY */, 0);
    if (file >= 0) {
        call3(SYS_write, file, (long)"500\n", 4);
        call3(SYS_close, file, 0, 0);
    }
}

/* From here on the process counts: "0" is the thread that writes. */
static void join(long first, long groups) {
    for (long group = first; group < first + groups; group++) {
        if (call3(SYS_write, group, (long)"0", 1) != 1) {
            leave(NOT_JOINED);
        }
    }
}

/* The program inherits its standard streams and nothing else. */
static void close_the_rest(void) {
    if (call3(SYS_close_range, 3, ~0U, 0)) {
        for (long file = 3; file <= LAST_FILE; file++) {
            call3(SYS_close, file, 0, 0);
        }
    }
}

static void start(char **program, char **environment) {
    long error = -call3(SYS_execve, (long)program[0], (long)program, (long)environment);
    struct text why;
    why.length = 0;
    put(&why, "execve(\"");
    put(&why, program[0]);
    put(&why, "\"): ");
    put_error(&why, error);
    put(&why, "\n");
    write_out(2, &why);
    leave(NOT_STARTED);
}

static void become(long user, long files, long groups, char **program, char **environment) {
    struct rlimit most = {files, files};
    struct rlimit stack;
    offer_to_the_killer();
    join(FIRST_GROUP, groups);
    close_the_rest();
    if (call3(SYS_setpgid, 0, 0, 0) || call4(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&most, 0)
        || call3(SYS_setgroups, 0, 0, 0) || call3(SYS_setresgid, user, user, user)
        || call3(SYS_setresuid, user, user, user)) {
        call3(SYS_kill, call3(SYS_getpid, 0, 0, 0), SIGKILL, 0);
    }
    /* A stack that grows up to the limit of memory, as isolate gives it. */
    if (!call4(SYS_prlimit64, 0, RLIMIT_STACK, 0, (long)&stack)) {
        stack.rlim_cur = stack.rlim_max;
        call4(SYS_prlimit64, 0, RLIMIT_STACK, (long)&stack, 0);
    }
    start(program, environment);
}

/* What is left dies now; a fork bomb needs more than one blow. */
static void kill_the_rest(void) {
    int status;
    struct rusage usage;
    struct timespec moment = {0, 1000000};
    for (;;) {
        call3(SYS_kill, -1, SIGKILL, 0);
        long pid = wait_for(&status, WNOHANG, &usage);
        if (pid < 0) {
            return;
        }
        if (pid == 0) {
            call3(SYS_nanosleep, (long)&moment, 0, 0);
        }
    }
}

static long micros(struct timeval time) { return time.tv_sec * 1000000L + time.tv_usec; }

static void report(int status, long wall, struct rusage *usage) {
    struct text text;
    text.length = 0;
    put(&text, "end");
    put_figure(&text, status);
    put_figure(&text, wall);
    put_figure(&text, micros(usage->ru_utime) + micros(usage->ru_stime));
    put_figure(&text, usage->ru_maxrss);
    put_figure(&text, usage->ru_nvcsw);
    put_figure(&text, usage->ru_nivcsw);
    put(&text, "\n");
    write_out(UP, &text);
}

/* Where the kernel begins: how many arguments there are, and then they (execve(2)). */
__attribute__((used)) static void begin(long *stack) {
    char **argv = (char **)(stack + 1);
    if (argv[USER][0] == '-') {
        join(FIRST_TO_JOIN, number(argv[JOINED]));
        close_the_rest();
        start(argv + JOINING, argv + *stack + 1);
    }
    long user = number(argv[USER]);
    long files = number(argv[FILES]);
    long groups = number(argv[GROUPS]);
    long count = number(argv[COUNT]);
    char **program = argv + ENVIRONMENT + count;
    char line[4];

    call3(SYS_close, ITSELF, 0, 0);
    /* So that the program may open /dev/stderr and the like. Pipes alone: a device could be the host's. */
    for (int stream = 0; stream <= 2; stream++) {
        if (call3(SYS_lseek, stream, 0, 1 /* SEEK_CUR */) == -ESPIPE) {
            call3(SYS_fchown, stream, user, user);
        }
    }
    call3(SYS_write, UP, (long)"ready\n", 6);
    if (call3(SYS_read, DOWN, (long)line, 3) <= 0) {
        leave(NOT_HEARD);
    }

    /* The list of variables ends in a null, too: one place is won by moving them over their count. */
    char **environment = argv + COUNT;
    for (long i = 0; i < count; i++) {
        environment[i] = environment[i + 1];
    }
    environment[count] = 0;

    long begun = now();
    long child = call4(SYS_clone, SIGCHLD, 0, 0, 0);
    if (child < 0) {
        leave(NOT_FORKED);
    }
    if (child == 0) {
        become(user, files, groups, program, environment);
    }
    for (long group = FIRST_GROUP; group < FIRST_GROUP + groups; group++) {
        call3(SYS_close, group, 0, 0);
    }
    int status;
    struct rusage usage;
    while (wait_for(&status, 0, &usage) != child) {
        /* Something that the program left. */
    }
    long wall = now() - begun;
    kill_the_rest();
    report(status, wall, &usage);
    call3(SYS_read, DOWN, (long)line, 4);
    leave(0);
}

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call begin\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    mov x29, #0\n"
        "    mov x30, #0\n"
        "    mov x0, sp\n"
        "    bl begin\n");
#endif
