// SPDX-License-Identifier: Apache-2.0
// cuts: the names of the places in the networks of the zoo.
#pragma once
#include <collab/layer/cut.hpp>

namespace collab::zoo {

// The places behind each stage, where knowledge may be taken out or an MKB may sit. `mutual` stands
// for one of them: conv2_x in networks for small images and conv4_x in those for 224x224, the
// places that the papers use.
struct conv1_x;
struct conv2_x;
struct conv3_x;
struct conv4_x;
struct conv5_x;
struct fc1;
struct fc2;

}  // namespace collab::zoo
