// SPDX-License-Identifier: Apache-2.0
// worker: the conversation of a measured process with compare.py. One library and one network per
// process, so that libraries can be measured in turn without sharing threads, memory or caches'
// contents.
//
//   program train|infer NETWORK THREADS BATCH [LAYOUT]
//                          builds and warms up, then prints `ready PARAMETERS`
//   stdin `run SECONDS`    repeats for so long, prints the seconds of each repetition
//   stdin `loss`           the last training loss
//   stdin `multiply-adds`  those of one sample's forward pass, where the program knows them
//   stdin `roofline`       the machine's multiply-adds and bytes a second, measured now, and the
//                          seconds that `run`'s work needs by them, where it knows
//   stdin `memory`         peak resident memory of this process so far, in MiB
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace worker {

struct Job {
    std::string what, network;
    int threads = 1;
    int batch = 1;
    std::string layout;
    bool train() const { return what == "train"; }
};

/// What is measured: one training step, or one inference.
struct Work {
    long parameters = 0;
    std::function<void()> once;
    std::function<double()> loss = [] { return 0.0; };
    int warmup_steps = 3;  ///< repetitions before anything is measured
    long multiply_adds = 0;
    std::function<std::string()> roofline = [] { return std::string("0 0 0"); };
};

inline double seconds(std::chrono::steady_clock::duration d) {
    return std::chrono::duration<double>(d).count();
}

/// The peak of this process's resident memory, from Linux; 0 elsewhere.
inline double peak_mebibytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0)
            return std::stod(line.substr(6)) / 1024;
    return 0;
}

/// Images with values around 0 and labels of ten classes, the same in every process.
struct Batch {
    std::vector<float> images;
    std::vector<int> labels;
    explicit Batch(int samples, int size = 3 * 32 * 32, int classes = 10)
        : images(std::size_t(samples) * std::size_t(size)),
          labels(std::size_t(samples)) {
        std::uint64_t state = 1;
        const auto next = [&] {
            return double((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) /
                   2147483648.0;
        };
        for (float& x : images)
            x = float(3.4 * (next() - 0.5));
        for (int& y : labels)
            y = int(next() * classes);
    }
};

/// `make(job)` returns the Work of the job, or throws with a sentence.
template <class F>
int serve(int count, char** words, F make) {
    if (count < 5) {
        std::fprintf(stderr, "usage: %s train|infer NETWORK THREADS BATCH [LAYOUT]\n", words[0]);
        return 2;
    }
    try {
        const Job job{words[1], words[2], std::stoi(words[3]), std::stoi(words[4]),
                      count > 5 ? words[5] : ""};
        Work work = make(job);
        for (int i = 0; i < work.warmup_steps; ++i)
            work.once();
        std::cout << "ready " << work.parameters << std::endl;
        for (std::string line; std::getline(std::cin, line);) {
            std::istringstream in(line);
            std::string word;
            in >> word;
            if (word == "run") {
                double wanted = 0;
                double spent = 0;
                in >> wanted;
                std::vector<double> each;
                while (spent < wanted || each.empty()) {
                    const auto start = std::chrono::steady_clock::now();
                    work.once();
                    each.push_back(seconds(std::chrono::steady_clock::now() - start));
                    spent += each.back();
                }
                for (const double s : each)
                    std::cout << s << ' ';
                std::cout << std::endl;
            } else if (word == "loss") {
                std::cout << work.loss() << std::endl;
            } else if (word == "multiply-adds") {
                std::cout << work.multiply_adds << std::endl;
            } else if (word == "roofline") {
                std::cout << work.roofline() << std::endl;
            } else if (word == "memory") {
                std::cout << peak_mebibytes() << std::endl;
            }
        }
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", words[0], e.what());
        return 1;
    }
}

}  // namespace worker
