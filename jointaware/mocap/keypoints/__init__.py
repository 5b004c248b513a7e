"""2D keypoints of a video as detectors write them: one module and one row of `forms.FORMS` for each form of file."""
