/* Does not compile: the compiler names the line. */
int main(void) {
    return nothing_of_this_name;
}
