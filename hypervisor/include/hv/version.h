/* SPDX-License-Identifier: MIT */
/* What xen_version answers.  Debian's tools look for 4.17; the rest is ours. */
#ifndef HV_VERSION_H
#define HV_VERSION_H

#define HV_VERSION_MAJOR 4UL
#define HV_VERSION_MINOR 17UL
#define HV_EXTRAVERSION  ".0-thin1"
#define HV_COMPILER      "gcc " __VERSION__

#endif
