/* Preloaded into every process of a test run: the machine's clock, moved by CLOCK_OFFSET_SECONDS.

   Only the time of day moves. Monotonic time, sleeping and the times of files stay as they are, so that time-outs,
   caches and compiled modules behave as ever. libfaketime does more, and Debian 12's breaks Python's time.sleep
   (github.com/wolfcw/libfaketime, issue 426). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t offset;

__attribute__((constructor)) static void read_offset(void) {
    const char *text = getenv("CLOCK_OFFSET_SECONDS");
    offset = text ? (time_t)strtoll(text, NULL, 10) : 0;
}

static int is_time_of_day(clockid_t id) {
    return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
}

int clock_gettime(clockid_t id, struct timespec *found) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(id, found);
    if (!failed && is_time_of_day(id)) found->tv_sec += offset;
    return failed;
}

time_t time(time_t *also) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (also) *also = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict found, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec;
    found->tv_usec = now.tv_nsec / 1000;
    return 0;
}

int timespec_get(struct timespec *found, int base) {
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, found) ? base : 0;
}

/* What waits until a time of day has to wait until the real one. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    static int (*real)(sem_t *, const struct timespec *);
    if (!real) real = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec moved = *until;
    moved.tv_sec -= offset;
    return real(semaphore, &moved);
}
