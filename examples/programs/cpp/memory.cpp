#include <cstring>
#include <iostream>

// Asks for more memory than the job may have, and uses it.
int main() {
    for (int i = 1;; ++i) {
        char *block = new char[8 << 20];
        std::memset(block, i, 8 << 20);
        std::cout << i * 8 << " MiB" << std::endl;
    }
}
