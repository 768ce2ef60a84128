# SPDX-License-Identifier: Apache-2.0
# Installs a build into an empty folder: what an earlier version left there must not help.
file(REMOVE_RECURSE ${prefix})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${build} --prefix ${prefix} COMMAND_ERROR_IS_FATAL ANY)
