#include <stddef.h>

/* Dies by signal 11. */
int main(void) {
    volatile int *nowhere = NULL;
    return *nowhere;
}
