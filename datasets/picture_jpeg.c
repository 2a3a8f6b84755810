/* picture_jpeg.c - JPEG images through libjpeg, and the orientation that EXIF keeps beside them.
 *
 * libjpeg leaves its calls by longjmp, as libpng does; see picture_png.c. Data of which libjpeg
 * warns are damaged, and it would fill in grey: they are refused. */
#include "config.h"

#include "picture_parts.h"
#include <string.h>

static bool jpeg_begins(const uint8_t *bytes, size_t size) {
    return size >= 3 && !memcmp(bytes, "\xff\xd8\xff", 3);
}

#ifdef HAVE_JPEG

#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs it */

#include <jerror.h>
#include <jpeglib.h>

/* A progressive image is read once more for each of its scans; real ones have ten or so. */
enum { MAX_SCANS = 100 };

typedef struct jpeg_reader {
    const picture_file *file;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    picture_facts *facts;
    uint8_t *out;
    bool too_many_scans;
} jpeg_reader;

static void on_error(j_common_ptr jpeg) {
    jpeg_reader *r = jpeg->client_data;
    longjmp(r->escape, 1);
}

/* A version of JFIF and a colour transform that are unknown change no pixel; the rest does. */
static void on_message(j_common_ptr jpeg, int level) {
    int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM)
        on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg) {
    jpeg_reader *r = jpeg->client_data;
    r->too_many_scans = jpeg->is_decompressor && r->jpeg.input_scan_number > MAX_SCANS;
    if (r->too_many_scans)
        longjmp(r->escape, 1);
}

static bool guarded(jpeg_reader *r, bool (*work)(jpeg_reader *)) {
    r->jpeg.err = jpeg_std_error(&r->errors);
    r->jpeg.client_data = r;
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->progress.progress_monitor = on_progress;
    if (!setjmp(r->escape))
        return work(r);
    if (r->too_many_scans)
        return picture_refuse(r->file, "a JPEG image of more than %d scans", MAX_SCANS);
    if (r->errors.msg_code == JERR_OUT_OF_MEMORY) {
        error_no_memory(r->file->errors);
        return false;
    }
    char text[JMSG_LENGTH_MAX];
    r->errors.format_message((j_common_ptr)&r->jpeg, text);
    return picture_refuse(r->file, "damaged JPEG image: %s", text);
}

static void prepare(jpeg_reader *r) {
    jpeg_create_decompress(&r->jpeg);
    r->jpeg.progress = &r->progress;
    /* Some versions of libjpeg take bytes that are not const. */
    jpeg_mem_src(&r->jpeg, (unsigned char *)(uintptr_t)r->file->bytes,
                 (unsigned long)r->file->size);
    jpeg_save_markers(&r->jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&r->jpeg, TRUE);
}

/* ---- EXIF ------------------------------------------------------------------------------------ */

/* The TIFF structure inside EXIF: numbers in either order of bytes. */
typedef struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool little;
} tiff;

/* A number of 2 or 4 bytes; 0 behind the end. */
static uint32_t tiff_number(const tiff *t, size_t at, int width) {
    uint32_t value = 0;
    if (at > t->size || t->size - at < (size_t)width)
        return 0;
    for (int i = 0; i < width; i++)
        value = value << 8 | t->bytes[at + (size_t)(t->little ? width - 1 - i : i)];
    return value;
}

/* The orientation in the first directory, 1 when there is none that makes sense. */
static int tiff_orientation(const tiff *t) {
    enum { ENTRY = 12, TAG_ORIENTATION = 0x112, TYPE_SHORT = 3 };
    size_t directory = tiff_number(t, 4, 4);
    uint32_t count = tiff_number(t, directory, 2);
    for (uint32_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY;
        if (tiff_number(t, entry, 2) != TAG_ORIENTATION)
            continue;
        uint32_t value = tiff_number(t, entry + 8, 2);
        bool sound = tiff_number(t, entry + 2, 2) == TYPE_SHORT && value >= 1 && value <= 8;
        return sound ? (int)value : 1;
    }
    return 1;
}

static int orientation(const jpeg_reader *r) {
    for (jpeg_saved_marker_ptr m = r->jpeg.marker_list; m; m = m->next) {
        if (m->marker != JPEG_APP0 + 1 || m->data_length < 14 || memcmp(m->data, "Exif\0", 6) != 0)
            continue;
        tiff t = {.bytes = m->data + 6, .size = m->data_length - 6, .little = m->data[6] == 'I'};
        return tiff_number(&t, 2, 2) == 42 ? tiff_orientation(&t) : 1;
    }
    return 1;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool work_facts(jpeg_reader *r) {
    prepare(r);
    /* Each block of 8x8 takes at least one bit. */
    if (!picture_size_fits(r->file, r->jpeg.image_width, r->jpeg.image_height,
                           (uint64_t)r->file->size * 8 * 64))
        return false;
    J_COLOR_SPACE space = r->jpeg.jpeg_color_space;
    if (space != JCS_GRAYSCALE && space != JCS_YCbCr && space != JCS_RGB)
        return picture_refuse(r->file, "a JPEG image in %s; save it in RGB",
                              space == JCS_CMYK || space == JCS_YCCK ? "CMYK"
                                                                     : "an unknown colour space");
    r->facts->channels = space == JCS_GRAYSCALE ? 1 : 3;
    r->facts->width = (int)r->jpeg.image_width;
    r->facts->height = (int)r->jpeg.image_height;
    r->facts->orientation = orientation(r);
    return true;
}

static bool work_pixels(jpeg_reader *r) {
    prepare(r);
    r->jpeg.out_color_space = r->facts->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    r->jpeg.dct_method = JDCT_ISLOW; /* the one whose bits are the same everywhere */
    jpeg_start_decompress(&r->jpeg);
    size_t row = (size_t)r->facts->width * (size_t)r->facts->channels;
    while (r->jpeg.output_scanline < r->jpeg.output_height) {
        JSAMPROW to = r->out + r->jpeg.output_scanline * row;
        jpeg_read_scanlines(&r->jpeg, &to, 1);
    }
    jpeg_finish_decompress(&r->jpeg);
    return true;
}

static bool jpeg_facts(const picture_file *f, picture_facts *out) {
    jpeg_reader r = {.file = f, .facts = out};
    bool fine = guarded(&r, work_facts);
    jpeg_destroy_decompress(&r.jpeg);
    return fine;
}

static bool jpeg_pixels(const picture_file *f, const picture_facts *facts, uint8_t *out) {
    picture_facts copy = *facts;
    jpeg_reader r = {.file = f, .facts = &copy, .out = out};
    bool fine = guarded(&r, work_pixels);
    jpeg_destroy_decompress(&r.jpeg);
    return fine;
}

#else

static bool jpeg_facts(const picture_file *f, picture_facts *out) {
    (void)out;
    return picture_refuse(f, "this is a JPEG image, and this lcnn was built without libjpeg; build "
                             "it with libjpeg, or convert the image to PNG or PNM");
}

static bool jpeg_pixels(const picture_file *f, const picture_facts *facts, uint8_t *out) {
    (void)facts;
    (void)out;
    return jpeg_facts(f, NULL);
}

#endif

const picture_codec picture_jpeg = {"JPEG", jpeg_begins, jpeg_facts, jpeg_pixels};
