// SPDX-License-Identifier: Apache-2.0
// terminal: a real terminal whose other end a test holds.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <doctest/doctest.h>

struct Terminal {
    int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    std::FILE* file = nullptr;
    Terminal() {
        if (master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0)
            file = std::fopen(::ptsname(master), "r+");
    }
    Terminal(const Terminal&) = delete;
    ~Terminal() {
        if (file)
            std::fclose(file);
        ::close(master);
    }
    void resize(unsigned short width, unsigned short height = 24) {
        ::winsize size{};
        size.ws_col = width;
        size.ws_row = height;
        REQUIRE(::ioctl(master, TIOCSWINSZ, &size) == 0);
    }
    std::string read() {
        std::string s;
        char buffer[4096];
        for (ssize_t n; (n = ::read(master, buffer, sizeof buffer)) > 0;)
            s.append(buffer, std::size_t(n));
        return s;
    }
};
