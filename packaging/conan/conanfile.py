# SPDX-License-Identifier: Apache-2.0
# A recipe for Conan 2: conan create packaging/conan
import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.layout import basic_layout
from conan.tools.files import copy


class Collab(ConanFile):
    name = "collab"
    version = "0.1.0"
    license = "Apache-2.0"
    description = "Collaborative learning of neural networks, header-only C++20"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True
    implements = ["auto_header_only"]

    def export_sources(self):
        top = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("LICENSE", "include/*"):
            copy(self, pattern, top, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("eigen/3.4.0", transitive_headers=True)
        self.requires("onetbb/2021.12.0", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "collab")
        self.cpp_info.set_property("cmake_target_name", "collab::collab")
        self.cpp_info.requires = ["eigen::eigen", "onetbb::onetbb"]
