/* demo_main.c - `akashi-demo FOLDER`: write the evidence of the demonstration. */
#include "tests/support/demo.h"

#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: akashi-demo FOLDER\n");
        return 2;
    }
    mkdir(argv[1], 0777);
    return demo_web01(argv[1]) && demo_fs01(argv[1]) ? 0 : 1;
}
