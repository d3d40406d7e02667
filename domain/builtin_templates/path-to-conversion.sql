-- The campaigns a buyer met, in the order of first meeting, and what was bought afterwards.
WITH touches AS (
  SELECT user_id, campaign, MIN(impression_dt_utc) AS first_seen
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  GROUP BY user_id, campaign
  UNION ALL
  SELECT user_id, campaign, MIN(event_dt_utc) AS first_seen
  FROM sponsored_ads_traffic
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  GROUP BY user_id, campaign
),
numbered AS (
  SELECT user_id, campaign,
         ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY first_seen, campaign) AS position
  FROM touches
),
paths AS (
  SELECT user_id,
         ARRAY_TO_STRING(ARRAY_SORT(COLLECT(DISTINCT CONCAT(position, '. ', campaign))), ' > ')
           AS path
  FROM numbered
  WHERE position <= {{steps}}
  GROUP BY user_id
),
buyers AS (
  SELECT user_id, SUM(conversions) AS purchases, SUM(total_product_sales) AS sales
  FROM conversions
  WHERE event_subtype = 'order'
  GROUP BY user_id
)
SELECT p.path,
       COUNT(DISTINCT p.user_id) AS users,
       COUNT(DISTINCT b.user_id) AS buyers,
       SUM(COALESCE(b.purchases, 0)) AS purchases,
       SUM(COALESCE(b.sales, 0)) AS sales
FROM paths p
LEFT JOIN buyers b ON p.user_id = b.user_id
GROUP BY p.path
