/* SPDX-License-Identifier: MIT */
/* Copies from and to the memory of the guest that runs, through its own page tables: what it cannot
 * write, neither can we on its behalf. */
#include <asm/hvm.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <hv/guest_access.h>

static bool is_guest_range(vaddr_t va, size_t len)
{
    vaddr_t last = va + len - 1;

    if (len == 0)
        return true;
    if (last < va || !is_canonical(va) || !is_canonical(last))
        return false;
    return last < M2P_RO_START || va >= DIRECTMAP_END;
}

/* Bytes not copied. */
static size_t copy(void *dst, const void *src, size_t len)
{
    size_t tail = len & 7, words = len >> 3;

    __asm__ volatile("1: rep movsq\n"
                     "   mov %3, %%rcx\n"
                     "2: rep movsb\n"
                     "   jmp 4f\n"
                     "3: lea (%3, %%rcx, 8), %%rcx\n"
                     "4:\n" EX_TABLE(1b, 3b) EX_TABLE(2b, 4b)
                     : "+D"(dst), "+S"(src), "+c"(words)
                     : "r"(tail)
                     : "memory");
    return words;
}

int copy_from_guest_va(void *dst, vaddr_t guest, size_t len)
{
    if (current->domain->is_hvm)
        return hvm_copy_from_guest(dst, guest, len);
    return is_guest_range(guest, len) && copy(dst, (const void *)guest, len) == 0 ? 0 : -EFAULT;
}

int copy_to_guest_va(vaddr_t guest, const void *src, size_t len)
{
    if (current->domain->is_hvm)
        return hvm_copy_to_guest(guest, src, len);
    return is_guest_range(guest, len) && copy((void *)guest, src, len) == 0 ? 0 : -EFAULT;
}

static int clear_hvm(vaddr_t guest, size_t len)
{
    static const uint8_t zeroes[256];

    for (size_t n; len; guest += n, len -= n) {
        n = min(len, sizeof(zeroes));
        if (hvm_copy_to_guest(guest, zeroes, n))
            return -EFAULT;
    }
    return 0;
}

int clear_guest_va(vaddr_t guest, size_t len)
{
    if (current->domain->is_hvm)
        return clear_hvm(guest, len);
    if (!is_guest_range(guest, len))
        return -EFAULT;
    __asm__ volatile("1: rep stosb\n"
                     "2:\n" EX_TABLE(1b, 2b)
                     : "+D"(guest), "+c"(len)
                     : "a"(0)
                     : "memory");
    return len ? -EFAULT : 0;
}
