#include <stdio.h>

/* Adds up the numbers on standard input. */
int main(void) {
    long sum = 0, number;
    while (scanf("%ld", &number) == 1)
        sum += number;
    printf("%ld\n", sum);
    return 0;
}
