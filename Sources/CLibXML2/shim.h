#pragma once
// Debian's libxml2 is built with ICU and its headers include ICU's, which clash with the copy that Foundation brings
// ("'UErrorCode' has different definitions in different modules"). Only xmlCharEncodingHandler, unused here, differs.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
