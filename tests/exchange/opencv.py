# SPDX-License-Identifier: Apache-2.0
# opencv: what opencv.cpp does, where only OpenCV's Python package is installed.
#   opencv.py FOLDER NAME...
import sys

import cv2
import numpy as np

# OpenCV 4.6 lets a fused normalization write over features that a product beside it has yet to read; it is right when it does not fuse.
fuses_wrongly = {"FlatShortcut", "FlatHalves"}
folder, names = sys.argv[1], sys.argv[2:]
good, worst_of_all = True, 0
for name in names:
    try:
        network = cv2.dnn.readNetFromONNX(f"{folder}/{name}.3.onnx")
        network.enableFusion(name not in fuses_wrongly)
        network.setInput(np.load(f"{folder}/{name}.images.npy").astype(np.float32), "images")
        out = network.forward()
        logits = np.load(f"{folder}/{name}.logits.npy")
        worst = np.abs(out - logits).max() if out.shape == logits.shape else 1e9
        why = f": its result is {out.shape}"
    except cv2.error as e:
        worst, why = 1e9, ": " + str(e).strip().replace("\n", " ")[:300]
    worst_of_all = max(worst, worst_of_all)
    if not worst < 1e-4:
        print(f"{name}: OpenCV's logits differ by {worst:.1e}{why}")
        good = False
print(f"{len(names)} networks: OpenCV's logits differ by at most {worst_of_all:.1e}")
sys.exit(0 if good else 1)
