/*
 * SQLite's files with one operation that fails: the n-th from when it is set.
 *
 * A VFS in front of the system's, the default one of the process.
 */

#ifndef _FAULTY_H_INCLUDED_
#define _FAULTY_H_INCLUDED_


#include <sqlite3.h>
#include <string.h>


typedef struct {
    sqlite3_file          base;
    sqlite3_file         *real;         /* behind this */
} faulty_file_t;


static unsigned           faulty_at;    /* 1: the next one, 0: none */
static unsigned           faulty_full;  /* no file can grow any more */
static int                faulty_rc;    /* of what writes; 0: by the kind */
static unsigned           faulty_syncs; /* done */
static sqlite3_vfs        faulty_vfs;
static sqlite3_vfs       *faulty_real;


static int
faulty(int rc, int writes)
{
    if (faulty_at == 0 || --faulty_at) {
        return SQLITE_OK;
    }

    return writes && faulty_rc ? faulty_rc : rc;
}


#define FAULTY(rc, writes, call)                                              \
    int            failed;                                                    \
    sqlite3_file  *real = ((faulty_file_t *) f)->real;                        \
                                                                              \
    failed = faulty(rc, writes);                                              \
    return failed ? failed : real->pMethods->call

#define REAL(call)                                                            \
    sqlite3_file  *real = ((faulty_file_t *) f)->real;                        \
                                                                              \
    return real->pMethods->call


static int
faulty_close(sqlite3_file *f)
{
    REAL(xClose(real));
}


static int
faulty_read(sqlite3_file *f, void *data, int n, sqlite3_int64 at)
{
    FAULTY(SQLITE_IOERR_READ, 0, xRead(real, data, n, at));
}


static int
faulty_size(sqlite3_file *f, sqlite3_int64 *size)
{
    FAULTY(SQLITE_IOERR_FSTAT, 0, xFileSize(real, size));
}


static int
faulty_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
    sqlite3_int64  size;

    if (faulty_full
        && (faulty_size(f, &size) != SQLITE_OK || at + n > size))
    {
        return SQLITE_FULL;
    }

    {
        FAULTY(SQLITE_IOERR_WRITE, 1, xWrite(real, data, n, at));
    }
}


static int
faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    FAULTY(SQLITE_IOERR_TRUNCATE, 0, xTruncate(real, size));
}


static int
faulty_sync(sqlite3_file *f, int flags)
{
    faulty_syncs++;
    {
        FAULTY(SQLITE_IOERR_FSYNC, 0, xSync(real, flags));
    }
}


static int
faulty_lock(sqlite3_file *f, int lock)
{
    FAULTY(SQLITE_IOERR_LOCK, 0, xLock(real, lock));
}


static int
faulty_unlock(sqlite3_file *f, int lock)
{
    REAL(xUnlock(real, lock));
}


static int
faulty_reserved(sqlite3_file *f, int *reserved)
{
    FAULTY(SQLITE_IOERR_CHECKRESERVEDLOCK, 0,
           xCheckReservedLock(real, reserved));
}


static int
faulty_control(sqlite3_file *f, int op, void *arg)
{
    REAL(xFileControl(real, op, arg));
}


static int
faulty_sector(sqlite3_file *f)
{
    REAL(xSectorSize(real));
}


static int
faulty_device(sqlite3_file *f)
{
    REAL(xDeviceCharacteristics(real));
}


static int
faulty_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **p)
{
    FAULTY(SQLITE_IOERR_SHMMAP, 1, xShmMap(real, page, size, extend, p));
}


static int
faulty_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    FAULTY(flags & SQLITE_SHM_LOCK ? SQLITE_IOERR_SHMLOCK : SQLITE_OK, 0,
           xShmLock(real, at, n, flags));
}


static void
faulty_shm_barrier(sqlite3_file *f)
{
    sqlite3_file  *real = ((faulty_file_t *) f)->real;

    real->pMethods->xShmBarrier(real);
}


static int
faulty_shm_unmap(sqlite3_file *f, int remove)
{
    REAL(xShmUnmap(real, remove));
}


static const sqlite3_io_methods  faulty_methods = {
    2,
    faulty_close,
    faulty_read,
    faulty_write,
    faulty_truncate,
    faulty_sync,
    faulty_size,
    faulty_lock,
    faulty_unlock,
    faulty_reserved,
    faulty_control,
    faulty_sector,
    faulty_device,
    faulty_shm_map,
    faulty_shm_lock,
    faulty_shm_barrier,
    faulty_shm_unmap,
    NULL,
    NULL
};


static int
faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *out)
{
    int             rc;
    faulty_file_t  *f;

    (void) vfs;

    f = (faulty_file_t *) file;
    f->base.pMethods = NULL;
    f->real = (sqlite3_file *) (f + 1);
    memset(f->real, 0, faulty_real->szOsFile);

    if (faulty(SQLITE_CANTOPEN, 0)) {
        return SQLITE_CANTOPEN;
    }

    rc = faulty_real->xOpen(faulty_real, name, f->real, flags, out);

    if (f->real->pMethods) {
        f->base.pMethods = &faulty_methods;
    }

    return rc;
}


static int
faulty_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void) vfs;

    return faulty(SQLITE_IOERR_DELETE, 0)
           ? SQLITE_IOERR_DELETE
           : faulty_real->xDelete(faulty_real, name, sync);
}


static void
faulty_init(void)
{
    faulty_real = sqlite3_vfs_find(NULL);

    faulty_vfs = *faulty_real;
    faulty_vfs.zName = "faulty";
    faulty_vfs.pNext = NULL;
    faulty_vfs.szOsFile = (int) sizeof(faulty_file_t) + faulty_real->szOsFile;
    faulty_vfs.xOpen = faulty_open;
    faulty_vfs.xDelete = faulty_delete;

    sqlite3_vfs_register(&faulty_vfs, 1);
}


#endif /* _FAULTY_H_INCLUDED_ */
