// SPDX-License-Identifier: Apache-2.0
// open: words of the command line, with folders of pictures where the program was built with the
// readers for them.
#include "open.hpp"

#include <algorithm>

#ifdef PROGRAM_WITH_IMAGES
#include <collab/data/image_folder.hpp>
#endif
#include <collab/data/registry.hpp>

namespace program {

collab::Splits open(const std::string& word, [[maybe_unused]] int side) {
    if (word != "folder" && !word.starts_with("folder:"))
        return collab::open_data(word);
#ifdef PROGRAM_WITH_IMAGES
    const std::string where = word.substr(std::min<std::size_t>(word.size(), 7));
    if (where.empty())
        collab::fail("data \"", word, "\": names no folder; expected folder:FOLDER");
    const collab::ImageFolders folders = collab::image_folders(where);
    const collab::Transform squares{.resize = side, .crop = side};
    return {collab::load(folders.train, squares), collab::load(folders.test, squares)};
#else
    collab::fail("data \"", word,
                 "\": this program was built without libjpeg and libpng, so it reads no folders of "
                 "pictures");
#endif
}

}  // namespace program
