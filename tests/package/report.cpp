// SPDX-License-Identifier: Apache-2.0
// report: a program that draws and links collab::report alone.
#include <collab/report/chart.hpp>

int main() {
    return collab::Chart{}.series.empty() ? 0 : 1;
}
