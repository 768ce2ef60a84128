// SPDX-License-Identifier: Apache-2.0
// lock: files that one process at a time may hold. The system takes them from a process that dies.
// For systems with flock.
#pragma once
#include <cerrno>
#include <string>
#include <utility>

#include <collab/core/error.hpp>

#if __has_include(<sys/file.h>)
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#define COLLAB_STUDY_LOCKS 1
#endif

namespace collab {

/// A lock on a file beside what it protects. Its text names who holds it, for people who look.
class FileLock {
public:
    FileLock() = default;
    FileLock(FileLock&& o) noexcept
        : path_(std::move(o.path_)),
          file_(std::exchange(o.file_, -1)) {}
    FileLock& operator=(FileLock&& o) noexcept {
        std::swap(path_, o.path_);
        std::swap(file_, o.file_);
        return *this;
    }
    /// Removes the file: a lock file that is there while nobody holds it belongs to a process that
    /// died.
    ~FileLock() { release(); }

    bool held() const { return file_ >= 0; }

    /// Takes the lock, or returns one that is not held where another process has it.
    static FileLock try_take(const std::string& path) {
        FileLock lock;
#ifdef COLLAB_STUDY_LOCKS
        while (true) {
            const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
            if (file < 0)
                fail("cannot open the lock ", path, ": ", detail::reason(errno));
            if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
                const int error = errno;
                ::close(file);
                if (error != EWOULDBLOCK)
                    fail("cannot lock ", path, ": ", detail::reason(error));
                return lock;
            }
            // Whoever held it before may have removed the file between our two calls.
            struct stat mine{};
            struct stat named{};
            if (::fstat(file, &mine) == 0 && ::stat(path.c_str(), &named) == 0 &&
                mine.st_ino == named.st_ino && mine.st_dev == named.st_dev) {
                lock.path_ = path;
                lock.file_ = file;
                lock.sign();
                return lock;
            }
            ::close(file);
        }
#else
        fail(path,
             ": this system has no flock; a study needs it, so that no training is done twice");
#endif
    }
    void release() {
#ifdef COLLAB_STUDY_LOCKS
        if (file_ < 0)
            return;
        ::unlink(path_.c_str());
        ::close(file_);
        file_ = -1;
#endif
    }

private:
    void sign() const {
#ifdef COLLAB_STUDY_LOCKS
        char host[256] = "an unnamed host";
        static_cast<void>(::gethostname(host, sizeof host - 1));
        const std::string text = sentence("process ", long(::getpid()), " on ", host, "\n");
        if (::ftruncate(file_, 0) != 0 || ::write(file_, text.data(), text.size()) < 0)
            fail("cannot write into the lock ", path_, ": ", detail::reason(errno));
#endif
    }

    std::string path_;
    int file_ = -1;
};

}  // namespace collab
