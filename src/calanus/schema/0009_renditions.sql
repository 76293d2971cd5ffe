-- The ending of what a browser gets of an image. Null where nobody looked: that of the file's name.
ALTER TABLE images ADD COLUMN ending text CHECK (ending IN ('.jpg', '.png', '.gif'));

-- 32767: of full size, for files that no browser shows, or not as they should be seen.
ALTER TABLE thumbnails DROP CONSTRAINT thumbnails_size_check;
ALTER TABLE thumbnails ADD CONSTRAINT thumbnails_size_check CHECK (size IN (64, 160, 320, 32767));
