# The smallest guest that proves something: it goes through all the modes that a kernel goes through
# (real, protected, long), with page tables of its own, calculates in memory, and says so.
# It is the last 512 bytes of a 64 KiB firmware, which ends at 4 GiB. To build it:
#   as tiny_guest.S -o tiny_guest.o
#   ld -Ttext=0xfffffe00 --oformat binary -o tiny_guest.bin tiny_guest.o
# tiny_guest.py holds the outcome, for hosts without these programs.

.code16
first:
    cli
    lgdtl   %cs:gdt_pointer - first + 0xfe00
    mov     %cr0, %eax
    or      $1, %al                 # PE
    mov     %eax, %cr0
    ljmpl   $0x08, $protected

.code32
protected:
    mov     $0x10, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    cld
    xor     %eax, %eax              # four empty page tables from 0x1000 on
    mov     $0x1000, %edi
    mov     $0x1000, %ecx
    rep stosl
    movl    $0x2003, 0x1000
    movl    $0x3003, 0x2000
    movl    $0x4003, 0x2018
    movl    $0x00000083, 0x3000     # the first 2 MiB
    movl    $0xffe00083, 0x4ff8     # the last 2 MiB below 4 GiB, where this code is
    mov     $0x1000, %eax
    mov     %eax, %cr3
    mov     %cr4, %eax
    or      $0x20, %al              # PAE
    mov     %eax, %cr4
    mov     $0xc0000080, %ecx       # EFER
    rdmsr
    or      $0x100, %eax            # LME
    wrmsr
    mov     %cr0, %eax
    or      $0x80000000, %eax       # PG
    mov     %eax, %cr0
    ljmp    $0x18, $long_mode

.code64
long_mode:
    xor     %rax, %rax              # 1 + 2 + … + 1000, in more than 32 bits
    mov     $1000, %rcx
1:  add     %rcx, %rax
    loop    1b
    mov     %rax, 0x8000
    shlq    $32, 0x8000
    mov     $500500, %rdx
    shl     $32, %rdx
    cmp     %rdx, 0x8000
    jne     2f
    mov     $0x2a, %al
    out     %al, $0xf4              # isa-debug-exit
2:  hlt
    jmp     2b

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff        # code, 32 bits
    .quad 0x00cf93000000ffff        # data
    .quad 0x00af9b000000ffff        # code, 64 bits
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .org 496                        # the CPU begins here
.code16
    jmp     first
    .org 512
