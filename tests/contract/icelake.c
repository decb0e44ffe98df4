// What the emulator in `emulated.py` lacks: loaded before it (LD_PRELOAD).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// It asks for Cannon Lake, which lacks parts of AVX-512, and has Ice Lake as well.
static int name_of_emulator(struct dl_phdr_info *loaded, size_t size, void *name) {
    (void)size;
    if (!strstr(loaded->dlpi_name, "_bochscpu"))
        return 0;
    *(const char **)name = loaded->dlpi_name;
    return 1;
}

void *_Z23create_corei3_cnl_cpuidP8BX_CPU_C(void *cpu) {
    const char *name = NULL;
    dl_iterate_phdr(name_of_emulator, &name);
    void *emulator = dlopen(name, RTLD_NOLOAD | RTLD_LAZY);
    void *(*create)(void *) = (void *(*)(void *))dlsym(emulator, "_Z29create_corei7_icelake_u_cpuidP8BX_CPU_C");
    return create(cpu);
}

// Names that the C library has since 2.38.
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }

int __isoc23_sscanf(const char *text, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int read = vsscanf(text, format, values);
    va_end(values);
    return read;
}
