// SPDX-License-Identifier: Apache-2.0
// opencv: runs the networks that `write` wrote by OpenCV's dnn module and compares logits. Usage:
// opencv FOLDER NAME...
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <opencv2/dnn.hpp>

#include <collab/io/npy_file.hpp>

int main(int argc, char** argv) {
    bool good = true;
    for (int a = 2; a < argc; ++a) {
        const std::string name = argv[a];
        const std::string stem = std::string(argv[1]) + "/" + name;
        try {
            const collab::NpyArray images = collab::read_npy(stem + ".images.npy");
            const collab::NpyArray logits = collab::read_npy(stem + ".logits.npy");
            std::vector<float> x = collab::numbers(images);
            const std::vector<float> ours = collab::numbers(logits);
            const int extents[] = {int(images.shape[0]), int(images.shape[1]), int(images.shape[2]),
                                   int(images.shape[3])};
            const cv::Mat blob(4, extents, CV_32F, x.data());
            cv::dnn::Net net = cv::dnn::readNetFromONNX(stem + ".3.onnx");
            // OpenCV 4.6 lets a fused normalization write over features that a product beside it
            // has yet to read; it is right when it does not fuse.
            net.enableFusion(name != "FlatShortcut" && name != "FlatHalves");
            net.setInput(blob, "images");
            const cv::Mat out = net.forward();
            double worst = out.total() == ours.size() ? 0 : 1e9;
            for (std::size_t i = 0; i < ours.size() && i < out.total(); ++i)
                worst = std::max(worst, std::abs(double(out.ptr<float>()[i]) - double(ours[i])));
            std::printf("%s: OpenCV's logits differ by at most %.1e\n", argv[a], worst);
            good = good && worst < 1e-4;
        } catch (const std::exception& e) {
            std::printf("%s: %s\n", argv[a], e.what());
            good = false;
        }
    }
    return good ? 0 : 1;
}
