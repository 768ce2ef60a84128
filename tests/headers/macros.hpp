// SPDX-License-Identifier: Apache-2.0
// macros: names that headers of others make macros of. The headers of the library that stand behind
// them must mean none of these.
#pragma once
#if defined(__linux__)
#include <sys/param.h>
#include <sys/sysmacros.h>
#include <termios.h>
#endif

// X11/X.h and X11/Xlib.h, without Success, which Eigen uses itself
#define Above 0
#define Always 2
#define Below 1
#define Bool int
#define Complex 0
#define Convex 2
#define Expose 12
#define False 0
#define GrayScale 1
#define KeyPress 2
#define None 0L
#define Nonconvex 1
#define Opposite 4
#define Status int
#define True 1
#define Unsorted 0

// windows.h, without min and max (NOMINMAX)
#define CALLBACK
#define CONST const
#define DELETE 0x10000L
#define ERROR 0
#define IN
#define OPTIONAL
#define OUT
#define STRICT 1
#define VOID void
#define cdecl
#define far
#define hyper int
#define interface struct
#define near
#define pascal
#define small char

// GLib, and math.h of old
#undef MAX
#undef MIN
#define ABS(a) (((a) < 0) ? -(a) : (a))
#define CLAMP(x, low, high) (((x) > (high)) ? (high) : (((x) < (low)) ? (low) : (x)))
#define DOMAIN 1
#define FALSE 0
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#define OVERFLOW 3
#define TRUE 1
