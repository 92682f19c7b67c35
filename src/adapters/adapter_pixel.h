/*
 * adapter_pixel.h - an event in an image's address, for pages without script: GET /p.gif?...
 *
 * Parameters are named like the columns that a client may set; type is page when it is not given.
 * properties is JSON text; properties.NAME=VALUE gives single ones, as strings. What has no column
 * goes to `context`. Whatever becomes of it, the answer is an image.
 *
 *     <noscript><img src="https://c.example/p.gif?site=shop&url=https%3A%2F%2Fshop.example%2F"
 *          alt=""></noscript>
 */
#ifndef PIPES_ADAPTERS_ADAPTER_PIXEL_H
#define PIPES_ADAPTERS_ADAPTER_PIXEL_H

#include "adapters/adapter.h"

extern const struct adapter adapter_pixel;

#endif
