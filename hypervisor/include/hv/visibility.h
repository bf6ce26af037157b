/* SPDX-License-Identifier: MIT */
/* Included first in every C file: with hidden visibility, code built -fpie reaches every symbol
 * relative to rip, without a GOT, wherever in the address space the image is linked. */
#pragma GCC visibility push(hidden)
