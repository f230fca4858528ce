# The Debian packages, for `cpack --config packaging/deb.cmake`. scripts/package says in the environment from which build trees
# (WEIR_PROGRAM_BUILD, WEIR_PYTHON_BUILD), the version (WEIR_VERSION), the library's (WEIR_SOVERSION), and which Python the module is
# for (WEIR_PYTHON_THIS, and WEIR_PYTHON_NEXT, the first that it is not for). What -D says comes too late for this file.
set(CPACK_GENERATOR DEB)
set(CPACK_CMAKE_GENERATOR Ninja)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_FILE_NAME weir)
set(CPACK_PACKAGE_VERSION $ENV{WEIR_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "rate limiter that cannot be got around")
set(CPACK_PACKAGE_DESCRIPTION "A rate limiter that cannot be got around, and a scanner that proves whether yours can.")
set(CPACK_PACKAGE_CONTACT "Weir developers <weir@weir.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR OFF)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_CMAKE_PROJECTS "$ENV{WEIR_PROGRAM_BUILD};weir;ALL;/" "$ENV{WEIR_PYTHON_BUILD};weir;ALL;/")
set(CPACK_COMPONENTS_ALL program library development python python_sources)
set(CPACK_COMPONENT_PYTHON_GROUP python3)
set(CPACK_COMPONENT_PYTHON_SOURCES_GROUP python3)
set(CPACK_COMPONENT_PROGRAM_GROUP program)
set(CPACK_COMPONENT_LIBRARY_GROUP library)
set(CPACK_COMPONENT_DEVELOPMENT_GROUP development)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME weir)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
  "At most N requests in any window W, over all processes and machines that share a store. The program: the daemon, the scanner of APIs, the tap.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "ca-certificates, tzdata")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "python3-weir (= $ENV{WEIR_VERSION})")

set(CPACK_DEBIAN_PYTHON3_PACKAGE_NAME python3-weir)
set(CPACK_DEBIAN_PYTHON3_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON3_DESCRIPTION
  "At most N requests in any window W, over all processes and machines that share a store. For Django, ASGI and WSGI; and the rules of weir lint.")
set(CPACK_DEBIAN_PYTHON3_PACKAGE_DEPENDS
  "python3 (>= $ENV{WEIR_PYTHON_THIS}), python3 (<< $ENV{WEIR_PYTHON_NEXT}), ca-certificates, tzdata")
set(CPACK_DEBIAN_PYTHON3_PACKAGE_SUGGESTS "python3-django (>= 3:4.2)")
set(CPACK_DEBIAN_PYTHON3_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_LIST_DIR}/postinst;${CMAKE_CURRENT_LIST_DIR}/prerm")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libweir$ENV{WEIR_SOVERSION})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
  "At most N requests in any window W, over all processes and machines that share a store. The library for C++.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "ca-certificates, tzdata")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_GENERATE_SHLIBS ON)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libweir-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
  "Headers of libweir, for find_package(weir) and pkg-config.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libweir$ENV{WEIR_SOVERSION} (= $ENV{WEIR_VERSION})")
