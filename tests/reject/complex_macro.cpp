// SPDX-License-Identifier: Apache-2.0
// expect: collab: <complex.h> makes a macro of I: include collab before it, or #undef I
#ifdef ACCEPT
#include <collab/core/pack.hpp>
#endif
#define I _Complex_I  // as <complex.h> does where GNU's extensions are on
#ifndef ACCEPT
#include <collab/core/pack.hpp>
#endif

using Numbers = collab::Pack<int, double>;
